"""What models say of customers: scores.predictions, a row per customer and day, and scores.scorings, a row per day and model.

Eligibility, value and who is not scored stand beside them in the dbt model feature_customer__churn_risk.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import duckdb
import pyarrow as pa

from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, SqlType, Table, arrow_schema, ensure_table, insert_rows


@dataclass(frozen=True)
class Prediction:
    """What a model said of a customer: a row of scores.predictions. They come by the million, as Arrow.

    customer_id, as_of_date, model_name and model_version tell rows apart; an index of so many would cost more than it holds.
    """

    customer_id: Annotated[str, "Key of the customer."]
    as_of_date: Annotated[date, "The day scored."]
    model_name: Annotated[str, "The model spec."]
    model_version: Annotated[str, "The version that said it."]
    raw_score: Annotated[float, "The score before the probability, on the logit scale; the contributions sum to it."]
    churn_risk: Annotated[float, "Probability of churn in the next horizon_days."]
    risk_decile: Annotated[int, "10 is the riskiest tenth of those scored.", SqlType("integer")]
    risk_band: Annotated[str | None, "low, medium or high (risk_bands in the model spec)."]
    reasons_by: Annotated[str | None, "How the contributions were found; NULL where nobody asked for reasons."]
    reason_1_feature: Annotated[str | None, "The feature that raises the score most."]
    reason_1_value: Annotated[float | None, "Its value."]
    reason_1_contribution: Annotated[float | None, "What it adds to raw_score."]
    reason_1_sentence: Annotated[str | None, "The reason in words."]
    reason_2_feature: Annotated[str | None, "The strongest feature of another theme."]
    reason_2_value: Annotated[float | None, "Its value."]
    reason_2_contribution: Annotated[float | None, "What it adds to raw_score."]
    reason_2_sentence: Annotated[str | None, "The reason in words."]
    reason_3_feature: Annotated[str | None, "The strongest of a third theme."]
    reason_3_value: Annotated[float | None, "Its value."]
    reason_3_contribution: Annotated[float | None, "What it adds to raw_score."]
    reason_3_sentence: Annotated[str | None, "The reason in words."]
    previous_as_of_date: Annotated[
        date | None, "The last day before that this model scored with the same parameters; NULL where it said nothing."
    ]
    previous_risk: Annotated[float | None, "The churn risk of that day."]
    change_by_data: Annotated[float | None, "What the customer's own rows changed, as the model of the day sees them."]
    change_by_model: Annotated[float | None, "What another model version changed; 0 where the version is the same."]
    change_sentence: Annotated[str | None, "The change in words, with what mostly caused it; given for the riskiest."]


@dataclass(frozen=True)
class Scoring:
    """Which version scored a day for a model, and with what: a row of scores.scorings."""

    as_of_date: Annotated[date, "The day scored.", KEY]
    model_name: Annotated[str, "The model spec.", KEY]
    model_version: Annotated[str, "The version that scored it."]
    is_champion: Annotated[bool, "Whether it was the model's champion on the day."]
    population: Annotated[str, "Whom the model knows, and who of them is due a risk: int_populations_unioned."]
    base_rate: Annotated[float | None, "Share that churned in the version's training."]
    horizon_days: Annotated[int, "Days the risk looks ahead.", SqlType("integer")]
    feature_set_hash: Annotated[str, "Definition of the features it was made from."]
    customers_scored: Annotated[int, "Customers with a risk: rows in scores.predictions."]
    scored_at: Annotated[datetime, "When it was written (audit)."]


PREDICTIONS = Table(
    "scores.predictions",
    Prediction,
    "One row per customer, day, model and version, where a risk was due: what the version said. Scoring a day again replaces "
    "the day's rows of the model.",
)
SCORINGS = Table(
    "scores.scorings",
    Scoring,
    "One row per day and model that scored it: the version, and what holds for all of its predictions.",
)


def ensure_prediction_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables are there afterwards, empty where they were not, with all their columns."""
    ensure_table(connection, PREDICTIONS)
    ensure_table(connection, SCORINGS)


def replace_scoring(connection: duckdb.DuckDBPyConnection, scoring: Scoring, predictions: Iterable[pa.Table]) -> None:
    """Put what was said of a day in the place of what its model had said, all or nothing.

    Each table of `predictions` has the columns of the record, in any order; a column that none gives is an error.
    """
    schema = arrow_schema(PREDICTIONS)
    with transaction(connection):
        clear_scoring(connection, scoring.as_of_date, scoring.model_name)
        insert_rows(connection, SCORINGS, [scoring])
        for some in predictions:
            batch = some.select(schema.names).cast(schema)
            # Found by its name here; registered, each batch would be held until the transaction ends.
            connection.execute(f"insert into {PREDICTIONS} by name from batch")
            del batch


def clear_scoring(connection: duckdb.DuckDBPyConnection, day: date, model_name: str) -> None:
    """Nothing is said of the day by the model."""
    for table in (PREDICTIONS, SCORINGS):
        connection.execute(f"delete from {table.name} where as_of_date = ? and model_name = ?", [day, model_name])
