"""What changed since the last score, split into what the data and what the model did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.registry import Feature
from ml.kinds.fitting import Fitted
from ml.scoring.change_sentences import Moves, find_causes, say_moves
from ml.scoring.score_reasons import Attribution
from ml.scoring.score_rows import append, create, judge, read_rows
from ml.tables import SCORES
from ml.versions import VERSIONS, Version

Floats = NDArray[np.float64]

_LEAST = 0.005
"""Half a point: less is told as no change."""
_MOVES = ("change", "change_by_data", "change_by_model")


@dataclass(frozen=True)
class Earlier:
    """The last day before that was scored, and the version that spoke on it."""

    day: date
    model_version: str


def find_earlier(connection: duckdb.DuckDBPyConnection, champion: Version, day: date) -> Earlier | None:
    """The last day before `day` with risks that answer the same question: by any champion with the same parameters."""
    comparable = f"select model_version from {VERSIONS} where model_name = $name and parameters = $parameters"
    spoke = "model_name = $name and is_champion and churn_risk is not null"
    bound = {"name": champion.model_name, "parameters": champion.parameters, "day": day}
    found = connection.execute(
        f"select max(as_of_date) from {SCORES} where {spoke} and as_of_date < $day and model_version in ({comparable})",
        bound,
    ).fetchone()
    if not found or found[0] is None:
        return None
    version = connection.execute(
        f"select model_version from {SCORES} where {spoke} and as_of_date = $day limit 1",
        {"name": champion.model_name, "day": found[0]},
    ).fetchone()
    return Earlier(found[0], str(version[0]) if version else "")


def compare(
    connection: duckdb.DuckDBPyConnection,
    champion: Version,
    features: Sequence[Feature],
    model: Fitted,
    day: date,
    exact: Attribution,
) -> str | None:
    """Fill scoring.changed with what changed for each scored customer; returns why data and model cannot be told apart.

    What the data did is the present model on the day's rows less the same model on the earlier day's; the rest of the
    change is what the model did, 0 where the version is the same.
    """
    earlier = find_earlier(connection, champion, day)
    _list_earlier(connection, champion, earlier)
    create(connection, "scoring.judged_again", pa.schema([("place", pa.int64()), ("churn_risk", pa.float64())]))
    create(connection, "scoring.told", pa.schema([("place", pa.int64()), ("change_sentence", pa.string())]))
    if earlier is None:
        _split(connection, is_same_version=True)
        return None
    is_same_version = earlier.model_version == champion.model_version
    are_rows_held = _are_held(connection, features, earlier.day)
    if not is_same_version and are_rows_held:
        _judge_again(connection, features, model, earlier.day)
    _split(connection, is_same_version)
    _tell(connection, features, [day, earlier.day] if are_rows_held else [], exact, earlier.day)
    if is_same_version or are_rows_held:
        return None
    return f"features of {earlier.day}, scored by {earlier.model_version}, are no longer held"


def _list_earlier(connection: duckdb.DuckDBPyConnection, champion: Version, earlier: Earlier | None) -> None:
    """Who is scored and was then, with the risk of then."""
    connection.execute(
        f"""
        create or replace table scoring.earlier as
        select ranked.place, ranked.customer_id, scores.as_of_date as previous_as_of_date, scores.churn_risk as previous_risk
        from scoring.ranked
        inner join (
            select * from {SCORES}
            where as_of_date = $day and model_name = $name and is_champion and churn_risk is not null
        ) as scores on ranked.customer_id = scores.customer_id
        """,
        {"day": earlier.day if earlier else None, "name": champion.model_name},
    )


def _are_held(connection: duckdb.DuckDBPyConnection, features: Sequence[Feature], day: date) -> bool:
    tables = {feature.group for feature in features}
    rows = connection.execute("select table_name from features.snapshots where as_of_date = ?", [day]).fetchall()
    return tables <= {table for (table,) in rows}


def _judge_again(
    connection: duckdb.DuckDBPyConnection, features: Sequence[Feature], model: Fitted, earlier_day: date
) -> None:
    """What the present model would have said; NULL for customers of whom that day knows nothing any more."""
    for rows in read_rows(connection, "scoring.earlier", features, [earlier_day]):
        [matrix] = rows.matrices
        _, risk = judge(model, matrix)
        is_gone = np.isnan(matrix).all(axis=1)
        batch = pa.table({"place": rows.places, "churn_risk": pa.array(risk, mask=is_gone)})
        append(connection, "scoring.judged_again", batch)


def _split(connection: duckdb.DuckDBPyConnection, is_same_version: bool) -> None:
    then = "earlier.previous_risk" if is_same_version else "judged_again.churn_risk"
    connection.execute(
        f"""
        create or replace table scoring.changed as
        select
            ranked.place, ranked.customer_id, ranked.is_riskiest, earlier.previous_as_of_date, earlier.previous_risk,
            ranked.churn_risk - earlier.previous_risk as change,
            ranked.churn_risk - {then} as change_by_data, {then} - earlier.previous_risk as change_by_model
        from scoring.ranked
        inner join scoring.earlier on ranked.place = earlier.place
        left join scoring.judged_again on ranked.place = judged_again.place
        """
    )


def _tell(
    connection: duckdb.DuckDBPyConnection,
    features: Sequence[Feature],
    days: Sequence[date],
    exact: Attribution,
    earlier_day: date,
) -> None:
    """A sentence for each of the riskiest; its cause is named where the rows of both `days` are held."""
    has_moved = f"abs(change) >= {_LEAST}"
    connection.execute(
        "insert into scoring.told select place, 'risk is as it was on ' || cast(?::date as varchar) "
        f"from scoring.changed where is_riskiest and not {has_moved}",
        [earlier_day],
    )
    moved = connection.execute(
        "select place, change, change_by_data, change_by_model "
        f"from scoring.changed where is_riskiest and {has_moved} order by place"
    ).fetchnumpy()
    moves = Moves(earlier_day, *(np.ma.filled(moved[name].astype(float), np.nan) for name in _MOVES))
    places = np.asarray(moved["place"])
    if not days:
        _append_told(connection, places, say_moves(moves, [None] * len(places)))
        return
    keys = f"(select place, customer_id from scoring.changed where is_riskiest and {has_moved})"
    for rows in read_rows(connection, keys, features, days, are_few=True):
        now, then = rows.matrices
        some = moves.take(np.searchsorted(places, rows.places))
        gained = exact.contributions(now) - exact.contributions(then)
        causes = find_causes([feature.name for feature in features], now, then, gained, some.by_data)
        _append_told(connection, rows.places, say_moves(some, causes))


def _append_told(connection: duckdb.DuckDBPyConnection, places: NDArray[np.int64], sentences: list[str]) -> None:
    append(connection, "scoring.told", pa.table({"place": places, "change_sentence": pa.array(sentences, pa.string())}))
