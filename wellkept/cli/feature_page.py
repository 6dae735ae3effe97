"""docs/features.md: every feature as a document has it, written by `wellkept features list --markdown`."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the features package brings Arrow
    from features.registry import Feature

RISK = {"increasing": "rises", "decreasing": "falls", "none": "-"}
"""How the risk goes as a feature grows."""

_HEAD = """# Features

Every feature that a churn model may use, by the table that holds it: `wellkept features list --markdown` writes this page
from the yml beside each table. *Risk* is how it goes as the feature grows, where a model is held to that; a customer's
reasons are of different *themes*.
"""


def write_page(features: "Sequence[Feature]") -> str:
    """The page of these features, in their order."""
    parts = [_HEAD]
    for group, members in groupby(features, key=lambda feature: feature.group):
        parts += [f"\n## {group}\n\n", *_write_table(list(members))]
    return "".join(parts)


def _write_table(features: "Sequence[Feature]") -> Iterator[str]:
    yield "| feature | what it is | theme | risk | when it is NULL | models |\n"
    yield "| --- | --- | --- | --- | --- | --- |\n"
    for feature in features:
        models = ", ".join(feature.models) or "-"
        texts = (feature.description, feature.theme, RISK[feature.monotone], feature.null_policy, models)
        yield f"| `{feature.name}` | {' | '.join(text.replace('|', chr(92) + '|') for text in texts)} |\n"
