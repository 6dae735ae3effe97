"""A feature in plain words, with the customer's own numbers: its column's sentences, said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ml.scoring.wording import Template
from wellkept.deployment.errors import WellkeptError
from wellkept.project.feature_columns import FeatureColumn, read_feature_columns

Values = Mapping[str, float]


@dataclass(frozen=True)
class _Sayer:
    """The compiled sentences of one feature."""

    known: Sequence[Template]
    unknown: Sequence[Template]


def say(name: str, values: Values, raises: bool = False, is_few: bool = False) -> str:
    """The feature in plain words, from what is known of the customer.

    It may be said as a reason that `raises` the risk, and one that does so because it `is_few`.
    """
    sayer, value = _sayer_of(name), values.get(name)
    variants = sayer.unknown if value is None else sayer.known
    known = values if value is None else {**values, "value": value}
    said = next(variant for variant in variants if variant.named <= known.keys())
    is_only = is_few and value is not None and value > 0
    return said.render(known, only="only " if is_only else "", raises=raises)


def find_needed(name: str) -> Sequence[str]:
    """The features whose values `say` looks at."""
    sayer = _sayer_of(name)
    named = {other for variant in (*sayer.known, *sayer.unknown) for other in variant.named}
    return (name, *sorted(named - {name, "value"}))


def theme_of(name: str) -> str:
    """What the feature is about."""
    return _column(name).entry.theme


def is_better_high(name: str) -> bool:
    """Whether the risk is to fall as the feature grows, so that few of it may be why it rose; of an unknown name it is not."""
    return name in _columns() and _column(name).entry.monotone == "decreasing"


@cache
def _sayer_of(name: str) -> _Sayer:
    column = _column(name)
    sentences = column.entry.sentences
    return _Sayer(_compile(column, "known", sentences.known), _compile(column, "unknown", sentences.unknown))


def _compile(column: FeatureColumn, kind: str, texts: Sequence[str]) -> Sequence[Template]:
    place = f"{column.table}.{column.name}: config.meta.feature.sentences.{kind}"
    try:
        variants = [Template(text) for text in texts]
    except WellkeptError as error:
        raise WellkeptError(f"{place}: {error}") from error
    if named := variants[-1].named - ({"value", column.name} if kind == "known" else set()):
        raise WellkeptError(
            f"{place}: the last one names {', '.join(sorted(named))}, which may be NULL then; end with one that does not"
        )
    return variants


def _column(name: str) -> FeatureColumn:
    return _columns()[name]


@cache
def _columns() -> Mapping[str, FeatureColumn]:
    return {column.name: column for column in read_feature_columns()}
