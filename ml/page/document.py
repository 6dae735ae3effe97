"""What a document holds: sections of paragraphs, lists, tables and pictures, as plain values that templates write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from matplotlib.figure import Figure

from ml.plots import svg


@dataclass(frozen=True)
class Span:
    """Words in one style."""

    text: str
    style: Literal["plain", "strong", "code"] = "plain"


Part: TypeAlias = str | Span
Line: TypeAlias = Part | Sequence[Part]


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Bullets:
    kind: ClassVar[str] = "bullets"
    lines: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class Table:
    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class Picture:
    """One <svg> element; Markdown leaves it out."""

    kind: ClassVar[str] = "picture"
    svg: str


Block: TypeAlias = Paragraph | Bullets | Table | Picture


@dataclass(frozen=True)
class Section:
    """Blocks below a heading; without one they lead the document."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    title: str
    sections: tuple[Section, ...]


def strong(text: str) -> Span:
    return Span(text, "strong")


def code(text: str) -> Span:
    return Span(text, "code")


def section(heading: str, *blocks: Block) -> Section:
    return Section(heading, blocks)


def paragraph(*parts: Part) -> Paragraph:
    return Paragraph(_spans(parts))


def bullets(lines: Iterable[Line]) -> Bullets:
    return Bullets(tuple(_spans([line] if isinstance(line, (str, Span)) else line) for line in lines))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Cells may be anything that has a text; None is an empty cell."""
    return Table(tuple(columns), tuple(tuple(_cell(value) for value in row) for row in rows))


def picture(figure: Figure) -> Picture:
    return Picture(svg(figure))


def _spans(parts: Iterable[Part]) -> tuple[Span, ...]:
    return tuple(part if isinstance(part, Span) else Span(part) for part in parts)


def _cell(value: object) -> Span:
    if isinstance(value, Span):
        return value
    return Span("" if value is None else str(value))
