"""The project's documents as tests read them: blocks, commands, marked parts, links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wellkept.deployment.paths import PROJECT_ROOT

_BLOCK = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_IN_LINE = re.compile(r"`((?:wellkept|make) [^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. A console block whose info string says `run` is really run by tests/integration/test_docs.py."""

    file: Path
    language: str
    is_run: bool
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """The words of each wellkept or make command in a console block."""
        if self.language not in ("console", "bash"):
            return []
        lines = [line.removeprefix("$ ") for line in self.text.splitlines()]
        found = [shlex.split(line, comments=True) for line in lines if _starts_command(line)]
        return [[Path(words[0]).name, *words[1:]] for words in found]


def documents() -> list[Path]:
    """Every document a reader may open: at the top, under docs/, and the README of each folder."""
    top = [path for path in PROJECT_ROOT.glob("*.md") if path.name != "CHANGELOG.md"]
    return sorted({*top, *(PROJECT_ROOT / "docs").glob("*.md"), *PROJECT_ROOT.glob("*/README.md")})


def read_blocks(file: Path) -> list[Block]:
    """The fenced blocks of a document, in order."""
    found = []
    for match in _BLOCK.finditer(file.read_text(encoding="utf-8")):
        language, *rest = match["info"].split() or [""]
        found.append(Block(file, language, "run" in rest, match["text"]))
    return found


def all_commands() -> Iterator[tuple[Path, list[str]]]:
    """Every wellkept or make command of every document, in console blocks and in running text."""
    for file in documents():
        for block in read_blocks(file):
            yield from ((file, words) for words in block.commands)
        for text in _IN_LINE.findall(_BLOCK.sub("", file.read_text(encoding="utf-8"))):
            yield file, shlex.split(text.rstrip("\\"))


def marked(file: Path, name: str) -> str:
    """What stands between `<!-- begin NAME -->` and `<!-- end NAME -->`."""
    text = file.read_text(encoding="utf-8")
    return text.partition(f"<!-- begin {name} -->\n")[2].partition(f"<!-- end {name} -->")[0]


def local_links(file: Path) -> Iterator[tuple[Path, str]]:
    """The file and the anchor of each link that leads into the repository."""
    for target in _LINK.findall(_BLOCK.sub("", file.read_text(encoding="utf-8"))):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (file.parent / path).resolve() if path else file, anchor


def anchors(file: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = _HEADING.findall(_BLOCK.sub("", file.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table as documents have it."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _starts_command(line: str) -> bool:
    return line.startswith(("wellkept ", "make ", ".venv/bin/wellkept "))
