"""A page of our own: HTML that needs no network and no script, light or dark, fit to print."""

from collections.abc import Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2530; --paper: #ffffff; --line: #d5dbe2; --quiet: #5b6673; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14181d; --line: #39424d; --quiet: #9aa5b1; } }
body { font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; } th { color: var(--quiet); font-weight: 600; }
td.number { text-align: right; } .wide { overflow-x: auto; }
svg { max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; padding: .3rem; }
@media print { body { margin: 0; } h2 { break-after: avoid; } svg, table { break-inside: avoid; } }
"""


def render(title: str, parts: Sequence[tuple[str, str]]) -> str:
    """The whole document: a title, then headings with the HTML below each. Headings and title are escaped, HTML is not."""
    body = "\n".join(f"<h2>{escape(heading)}</h2>\n{html}" if heading else html for heading, html in parts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def paragraph(text: str) -> str:
    """Text as a paragraph, escaped."""
    return f"<p>{escape(text)}</p>"


def bullets(texts: Sequence[str]) -> str:
    """Texts as a list, escaped."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table, cells escaped; numbers, percentages and their like stand right."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    lines = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    is_number = text.strip("+-%x").replace(",", "").replace(".", "").isdigit()
    return f'<td class="number">{escape(text)}</td>' if is_number else f"<td>{escape(text)}</td>"
