"""A document as HTML that needs no network and no script, light or dark, fit to print; and as Markdown."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ml.page.document import Document


def as_html(document: Document) -> str:
    """The whole page; equal text for equal documents. Words are escaped, pictures are ours."""
    return _environment().get_template("document.html").render(document=document)


def as_markdown(document: Document) -> str:
    """The same without its pictures."""
    return _environment().get_template("document.md").render(document=document)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ml.page"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["number"] = _is_number
    return environment


def _is_number(text: str) -> bool:
    """Numbers, percentages and their like."""
    return text.strip("+-%x").replace(",", "").replace(".", "").isdigit()
