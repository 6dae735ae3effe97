"""Write the day's churn risk of every customer back to the feature table."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from features import registry
from features.reads import read
from features.registry import Feature, check_types
from ml.explain import find_reasons
from ml.matrix import to_matrix
from ml.promote import choose_champion
from ml.recipe import Model, to_risk
from ml.spec import ModelSpec, load_specs
from ml.tables import SCORES, ensure_tables
from ml.versions import Version, load_model
from wellkept.clock import utc_now
from wellkept.errors import WellkeptError
from wellkept.log import get_logger
from wellkept.run import Run
from wellkept.runs import read_run
from wellkept.sql import count_rows
from wellkept.warehouse import connect, transaction

log = get_logger(__name__)

_ROWS_AT_ONCE = 50_000
_NUMBERS = (1, 2, 3)
_REASON_FIELDS = tuple(
    f"reason_{number}_{part}" for number in _NUMBERS for part in ("feature", "value", "contribution", "sentence")
)


def score_all(run: Run) -> dict[str, Any]:
    """Score every customer known on the run's day with each model's champion, in the place of that day's rows.

    Without a champion the day's rows are gone and `scores_missing_reason` says why; where an older version speaks
    because the newest does not fit, `passed_over` does.
    """
    results: dict[str, Any] = {}
    known = registry.load_by_name()
    for spec in load_specs():
        champion, passed_over = choose_champion(run, spec, known)
        if passed_over:
            log.warning("%s: %s", spec.name, passed_over)
        with connect(run, f"scoring {run.as_of_date} with {spec.name}") as connection:
            ensure_tables(connection)
            if champion is None:
                results["scores_missing_reason"] = _clear_day(connection, run, spec, passed_over)
            else:
                features = [known[name] for name in champion.feature_names]
                results.update(_score_model(connection, run, spec, champion, features))
                results.update({"passed_over": passed_over} if passed_over else {})
    return results


def _clear_day(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, passed_over: str | None) -> str:
    connection.execute(f"delete from {SCORES} where as_of_date = ? and model_name = ?", [run.as_of_date, spec.name])
    steps = (read_run(run.home, run.run_id) or {}).get("steps", [])
    told = [step["rows"]["skipped"] for step in steps if step.get("rows", {}).get("skipped")]
    reasons = [f"no {spec.name} model was champion on {run.as_of_date}", passed_over, *told[-1:]]
    return "; ".join(reason for reason in reasons if reason)


def _score_model(
    connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, champion: Version, features: Sequence[Feature]
) -> dict[str, Any]:
    model = load_model(run, champion)
    _list_customers(connection, run)
    _predict(connection, features, model)
    _rank(connection, spec)
    _explain(connection, spec, features, model)
    with transaction(connection):
        connection.execute(f"delete from {SCORES} where as_of_date = ? and model_name = ?", [run.as_of_date, spec.name])
        _insert(connection, run, spec, champion)
    row = connection.execute("select count(*), count(churn_risk) from ranked").fetchone()
    customers, scored = row or (0, 0)
    log.info("%s %s scored %d of %d customers", spec.name, champion.model_version, scored, customers)
    return {"customers": customers, "scored": scored, "model_version": champion.model_version}


def _list_customers(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Everyone known on the day, once: the view behind it is dear."""
    connection.execute(
        """
        create or replace temp table listed as
        select customer_id, as_of_date, is_eligible, ineligible_reason, row_number() over (order by customer_id) as place
        from intermediate.int_customers_qualified
        where as_of_date = ?
        """,
        [run.as_of_date],
    )
    if not count_rows(connection, "listed"):
        raise WellkeptError(
            f"int_customers_qualified holds nobody on {run.as_of_date}; build that day first: "
            f"wellkept run --as-of {run.as_of_date}"
        )


def _predict(connection: duckdb.DuckDBPyConnection, features: Sequence[Feature], model: Model) -> None:
    connection.execute(
        "create or replace temp table predicted (customer_id varchar, raw_score double, churn_risk double)"
    )
    for rows in _read_batches(connection, "listed", "is_eligible", features):
        raw = model.predict_raw(to_matrix(rows, model.features))
        batch = pa.table({"customer_id": rows["customer_id"], "raw_score": raw, "churn_risk": to_risk(raw)})
        _append(connection, "predicted", batch)


def _rank(connection: duckdb.DuckDBPyConnection, spec: ModelSpec) -> None:
    bands = sorted(spec.risk_bands.items(), key=lambda band: -band[1])
    cases = " ".join("when churn_risk >= ? then ?" for _ in bands)
    connection.execute(
        f"""
        create or replace temp table ranked as
        select
            listed.*, predicted.raw_score, predicted.churn_risk,
            -- counted from the riskiest, who so is in decile 10 however few there are
            cast(ceil(10 * (predicted.scored - predicted.risk_rank + 1) / predicted.scored) as integer) as risk_decile,
            predicted.risk_rank,
            case {cases} end as risk_band
        from listed
        left join (
            select
                *,
                row_number() over (order by raw_score desc, customer_id) as risk_rank,
                count(*) over () as scored
            from predicted
        ) as predicted on listed.customer_id = predicted.customer_id
        """,
        [value for name, lowest in bands for value in (lowest, name)],
    )


def _explain(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, features: Sequence[Feature], model: Model) -> None:
    """Reasons for the riskiest, at least a tenth: exact contributions are dear."""
    names = model.features
    parts = [
        f"{field} {'double' if field.endswith(('value', 'contribution')) else 'varchar'}" for field in _REASON_FIELDS
    ]
    connection.execute(f"create or replace temp table explained (customer_id varchar, {', '.join(parts)})")
    riskiest = f"(risk_decile = 10 or risk_rank <= {spec.explained_customers})"
    for rows in _read_batches(connection, "ranked", riskiest, features):
        matrix = to_matrix(rows, names)
        columns: dict[str, list[Any]] = {field: [] for field in _REASON_FIELDS}
        for values, contributions in zip(matrix, model.contributions(matrix), strict=True):
            _append_reasons(columns, find_reasons(names, values, contributions))
        types = {"value": pa.float64(), "contribution": pa.float64()}
        arrays = {
            field: pa.array(column, types.get(field.rpartition("_")[2], pa.string()))
            for field, column in columns.items()
        }
        _append(connection, "explained", pa.table({"customer_id": rows["customer_id"], **arrays}))


def _append_reasons(columns: dict[str, list[Any]], reasons: list[Any]) -> None:
    for number in _NUMBERS:
        reason = reasons[number - 1] if number <= len(reasons) else None
        for part in ("feature", "value", "contribution", "sentence"):
            columns[f"reason_{number}_{part}"].append(getattr(reason, part) if reason else None)


def _insert(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, champion: Version) -> None:
    reasons = ", ".join(f"explained.{field}" for field in _REASON_FIELDS)
    connection.execute(
        f"""
        insert into {SCORES} by name
        select
            ranked.customer_id, ranked.as_of_date, $name as model_name, $version as model_version, true as is_champion,
            ranked.churn_risk, ranked.raw_score, ranked.risk_decile, ranked.risk_band, ranked.is_eligible,
            ranked.ineligible_reason, $base_rate as base_rate, null::double as expected_value_365d,
            null::double as value_at_risk, {reasons}, $horizon::integer as horizon_days, $hash as feature_set_hash,
            $scored_at::timestamp as scored_at
        from ranked left join explained on ranked.customer_id = explained.customer_id
        order by ranked.customer_id
        """,
        {
            "name": spec.name,
            "version": champion.model_version,
            "base_rate": champion.base_rate,
            "horizon": run.parameters.integer(spec.horizon),
            "hash": champion.feature_set_hash,
            "scored_at": utc_now().replace(tzinfo=None),
        },
    )


def _read_batches(
    connection: duckdb.DuckDBPyConnection, table: str, condition: str, features: Sequence[Feature]
) -> Iterator[pa.Table]:
    """The customers of a temp table that meet the condition, with the features, so many at a time."""
    total = count_rows(connection, "listed")
    for start in range(0, total, _ROWS_AT_ONCE):
        spine = connection.execute(
            f"select customer_id, as_of_date from {table} where {condition} and place > ? and place <= ? order by place",
            [start, start + _ROWS_AT_ONCE],
        ).to_arrow_table()
        if spine.num_rows:
            rows = read(connection, spine, [feature.name for feature in features])
            check_types(rows, features)
            yield rows


def _append(connection: duckdb.DuckDBPyConnection, table: str, batch: pa.Table) -> None:
    connection.register("batch", batch)
    try:
        connection.execute(f"insert into {table} select * from batch")
    finally:
        connection.unregister("batch")
