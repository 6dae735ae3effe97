"""Which value of the target says that a customer churned."""

from collections.abc import Sequence

from wellkept.deployment.errors import BadInputError

_CHURNED = {
    *("1", "yes", "y", "true", "t", "churn", "churned", "churner", "left", "leaver", "gone", "exited", "quit"),
    *("lost", "lapsed", "cancelled", "canceled", "closed", "terminated", "inactive", "attrited", "attrited customer"),
}
_STAYED = {
    *("0", "-1", "no", "n", "false", "f", "not churn", "no churn", "not churned", "non-churn", "non-churner", "none"),
    *("stayed", "stay", "stayer", "retained", "existing", "existing customer", "active", "loyal", "current", "kept"),
}
_SOUNDS_LIKE_STAYING = ("active", "retain", "retention", "stay", "renew", "loyal", "kept")
_YES = {"1", "yes", "y", "true", "t"}
MOST_VALUES = 6
"""More are counted and not listed: they may be people's."""


def find_positive(column: str, values: Sequence[tuple[str, int]], wanted: str | None) -> tuple[str, str]:
    """The value that means churned, and the one that means stayed; a BadInputError lists the values.

    `values` are those of the column with their rows. Many values may be people's: then they are counted, not listed.
    """
    if len(values) != 2:
        raise BadInputError(
            f"--target {column} has {_describe(values)}; two are needed, one of them for who churned: take the rows of "
            "the others out of the file, or name another column"
        )
    texts = [value for value, _ in values]
    if wanted is not None:
        found = [text for text in texts if _normal(text) == _normal(wanted)]
        if len(found) != 1:
            raise BadInputError(f"--positive {wanted}: --target {column} has {_describe(values)}")
        return found[0], next(text for text in texts if text != found[0])
    churned = [text for text in texts if _normal(text) in _CHURNED]
    stayed = [text for text in texts if _normal(text) in _STAYED]
    if len(churned) != 1 or len(stayed) != 1:
        raise BadInputError(
            f"--target {column} has {_describe(values)}; say which of them means churned: --positive {texts[-1]!r}"
        )
    if _normal(churned[0]) in _YES and any(word in column.lower() for word in _SOUNDS_LIKE_STAYING):
        raise BadInputError(
            f"--target {column} sounds like staying, so {churned[0]!r} may not mean churned; say which value does: "
            f"--positive {stayed[0]!r}"
        )
    return churned[0], stayed[0]


def _normal(text: str) -> str:
    return text.strip().lower().removesuffix(".0").removesuffix(".")


def _describe(values: Sequence[tuple[str, int]]) -> str:
    if len(values) > MOST_VALUES:
        return f"more than {MOST_VALUES} different values"
    listed = ", ".join(f"{value!r} ({rows:,} rows)" for value, rows in values)
    return f"{len(values)} value{'' if len(values) == 1 else 's'}{': ' if values else ''}{listed}"
