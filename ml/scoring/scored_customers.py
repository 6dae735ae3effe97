"""The customers of a day as they are scored: listed, ranked, what they are worth, and written to the score table."""

import re
from datetime import date

import duckdb

from ml.scoring.reasons import SCHEMA
from ml.spec import ModelSpec
from ml.tables import SCORES
from ml.versions import Version
from wellkept.deployment.clock import utc_now
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import count_rows

_POPULATION = re.compile(r"int_[a-z0-9_]+")
_ROWS_INSERTED_AT_ONCE = 245_760
_VALUES = ("scores", "customer_value")


def list_customers(connection: duckdb.DuckDBPyConnection, spec: ModelSpec, day: date) -> None:
    """Fill scoring.listed with everyone the model's population knows on the day, once: what is behind it may be dear."""
    if not _POPULATION.fullmatch(spec.population):
        raise BadInputError(
            f"models/{spec.name}/spec.yml: population {spec.population!r} is no intermediate model (int_...)"
        )
    connection.execute(
        f"""
        create or replace table scoring.listed as
        select customer_id, is_eligible, ineligible_reason, row_number() over (order by customer_id) as place
        from intermediate.{spec.population}
        where as_of_date = ?
        order by place
        """,
        [day],
    )
    if not count_rows(connection, "scoring.listed"):
        raise WellkeptError(
            f"{spec.population} holds nobody on {day}; build that day first: wellkept run --as-of {day}"
        )


def rank(connection: duckdb.DuckDBPyConnection, spec: ModelSpec) -> None:
    """Fill scoring.ranked with decile and band of who was scored, and whether they are among the riskiest."""
    bands = sorted(spec.risk_bands.items(), key=lambda band: -band[1])
    cases = " ".join("when churn_risk >= ? then ?" for _ in bands)
    connection.execute(
        f"""
        create or replace table scoring.ranked as
        select
            customer_id, place, raw_score, churn_risk, risk_decile, risk_decile = 10 or risk_rank <= ? as is_riskiest,
            case {cases} end as risk_band
        from (
            -- counted from the riskiest, who so is in decile 10 however few there are
            select *, cast(ceil(10 * (scored - risk_rank + 1) / scored) as integer) as risk_decile
            from (
                select
                    listed.customer_id, predicted.*,
                    row_number() over (order by predicted.raw_score desc, predicted.place) as risk_rank,
                    count(*) over () as scored
                from scoring.predicted
                inner join scoring.listed on predicted.place = listed.place
            )
        )
        """,
        [spec.explained_customers, *(value for name, lowest in bands for value in (lowest, name))],
    )


def list_values(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Fill scoring.worth with what each customer is worth, where the value model has told of the day."""
    schema, table = _VALUES
    columns = "expected_value_365d, expected_value_365d_if_retained"
    is_told = count_rows(
        connection,
        "duckdb_tables() where not internal and schema_name = $schema and table_name = $table",
        {"schema": schema, "table": table},
    )
    told = (
        f"select listed.place, {columns} from {schema}.{table} as told "
        "inner join scoring.listed on told.customer_id = listed.customer_id where told.as_of_date = $day"
        if is_told
        else "select null::bigint as place, null::double as expected_value_365d, "
        "null::double as expected_value_365d_if_retained where $day is null"
    )
    connection.execute(f"create or replace table scoring.worth as {told}", {"day": day})


def replace_day(connection: duckdb.DuckDBPyConnection, run: Run, spec: ModelSpec, champion: Version) -> None:
    """Put the rows in the place of what the day and model had, in the order of the customers."""
    told = {
        "day": run.as_of_date,
        "name": spec.name,
        "version": champion.model_version,
        "base_rate": champion.base_rate,
        "horizon": run.parameters.integer(spec.horizon),
        "hash": champion.feature_set_hash,
        "scored_at": utc_now().replace(tzinfo=None),
    }
    with transaction(connection):
        connection.execute(f"delete from {SCORES} where as_of_date = ? and model_name = ?", [run.as_of_date, spec.name])
        # A portion at a time: rows so wide are dear to sort all at once.
        for start in range(0, count_rows(connection, "scoring.listed"), _ROWS_INSERTED_AT_ONCE):
            connection.execute(_INSERT, {**told, "start": start, "end": start + _ROWS_INSERTED_AT_ONCE})


def _portion(table: str) -> str:
    return f"(from scoring.{table} where place > $start and place <= $end) as {table}"


_REASONS = ", ".join(f"explained.{name}" for name in ("reasons_by", *SCHEMA.names))
_INSERT = f"""
insert into {SCORES} by name
select
    listed.customer_id, $day::date as as_of_date, $name as model_name, $version as model_version, true as is_champion,
    ranked.churn_risk, ranked.raw_score, ranked.risk_decile, ranked.risk_band, listed.is_eligible,
    listed.ineligible_reason, $base_rate as base_rate, worth.expected_value_365d,
    ranked.churn_risk * worth.expected_value_365d_if_retained as value_at_risk, {_REASONS},
    changed.previous_as_of_date, changed.previous_risk, changed.change_by_data, changed.change_by_model,
    told.change_sentence, $horizon::integer as horizon_days, $hash as feature_set_hash,
    $scored_at::timestamp as scored_at
from {_portion("listed")}
left join {_portion("ranked")} on listed.place = ranked.place
left join {_portion("explained")} on listed.place = explained.place
left join {_portion("changed")} on listed.place = changed.place
left join {_portion("told")} on listed.place = told.place
left join {_portion("worth")} on listed.place = worth.place
order by listed.place
"""
