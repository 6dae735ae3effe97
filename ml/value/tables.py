"""The tables scores.customer_value, a row per customer and day, and scores.value_models, a row per month."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import duckdb

from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.records import KEY, SqlType, Table, ensure_table, insert_rows, read_rows


@dataclass(frozen=True)
class CustomerValue:
    """What a customer is expected to bring: a row of scores.customer_value. They come by the million, by SQL."""

    customer_id: Annotated[str, "Key of the customer."]
    as_of_date: Annotated[date, "The day from which on orders are expected."]
    alive_probability: Annotated[
        float | None, "Probability that the customer has not left for good; 1 before a second order day."
    ]
    expected_orders_365d: Annotated[
        float | None, "Expected days with an order in 365 days, the risk of having left and of leaving in it."
    ]
    expected_value_365d: Annotated[
        float | None, "Expected value of these orders net of refunds, in the reporting currency; NULL without amounts."
    ]
    expected_value_365d_low: Annotated[
        float | None,
        "A tenth of the possible values lie below: of 200 futures drawn from the fitted distributions with a fixed seed.",
    ]
    expected_value_365d_high: Annotated[
        float | None,
        "A tenth of them lie above. Both are 0, and so below the expected value, where nine of ten futures have no order.",
    ]
    expected_value_365d_if_retained: Annotated[
        float | None,
        "Expected value if the customer has not left: without the risk of having left, which churn risk already is.",
    ]
    fitted_as_of: Annotated[date, "First day of the month, from what was known on which the models were fitted."]


@dataclass(frozen=True)
class ValueModel:
    """The models of a month and how they did in their back-test: a row of scores.value_models."""

    fitted_as_of: Annotated[date, "First day of the month: all of its days use these models.", KEY]
    definition: Annotated[
        str,
        "What decides them besides orders: definition hash of histories, and numbers; with another the month is fitted again.",
    ]
    customers: Annotated[int, "Customers they were fitted on: a sample of large shops."]
    repeat_customers: Annotated[int, "Of these, with orders on two days or more."]
    r: Annotated[float | None, "BG/NBD: shape of the gamma distribution of order rates."] = None
    alpha: Annotated[float | None, "BG/NBD: its rate, in days."] = None
    a: Annotated[float | None, "BG/NBD: first parameter of the beta distribution of leaving after an order."] = None
    b: Annotated[float | None, "BG/NBD: its second parameter."] = None
    orders_log_likelihood: Annotated[float | None, "BG/NBD: logarithm of the likelihood, in days."] = None
    orders_missing_reason: Annotated[
        str | None, "Why there is no BG/NBD model, and so nothing expected of anybody; NULL where there is one."
    ] = None
    spend_customers: Annotated[int, "Customers that the spend model was fitted on: with two days of spend or more."] = 0
    p: Annotated[float | None, "Gamma-Gamma: shape of the gamma distribution of spend from order to order."] = None
    q: Annotated[float | None, "Gamma-Gamma: shape of the gamma distribution of customers' scales."] = None
    v: Annotated[float | None, "Gamma-Gamma: its rate, in the reporting currency."] = None
    spend_log_likelihood: Annotated[float | None, "Gamma-Gamma: logarithm of the likelihood."] = None
    spend_frequency_correlation: Annotated[
        float | None, "Of the logarithms of order days and mean spend: the model takes it to be 0."
    ] = None
    value_missing_reason: Annotated[
        str | None, "Why there is no Gamma-Gamma model, and so no value; NULL where there is one."
    ] = None
    backtest_from: Annotated[date | None, "The day whose knowledge the back-test's models were fitted from."] = None
    backtest_days: Annotated[
        int | None, "Days foretold, up to fitted_as_of: 365, fewer where history is short.", SqlType("integer")
    ] = None
    backtest_customers: Annotated[
        int | None, "Customers with a completed order before backtest_from; a sample of large shops."
    ] = None
    backtest_missing_reason: Annotated[
        str | None, "Why there is no back-test, or none of value; NULL where there is one."
    ] = None
    expected_orders: Annotated[float | None, "Order days expected of all of them together."] = None
    actual_orders: Annotated[float | None, "Order days that came."] = None
    orders_bias: Annotated[float | None, "Mean of expected less actual order days by customer."] = None
    orders_rmse: Annotated[float | None, "Root mean squared error of order days by customer."] = None
    orders_gini: Annotated[
        float | None, "Concentration of order days found by the forecast, as a share of all: 1 perfect, 0 chance."
    ] = None
    expected_value: Annotated[float | None, "Value expected of all of them together."] = None
    actual_value: Annotated[float | None, "Value that came, net of refunds."] = None
    value_bias: Annotated[float | None, "Mean of expected less actual value by customer."] = None
    value_rmse: Annotated[float | None, "Root mean squared error of value by customer."] = None
    value_gini: Annotated[
        float | None, "Concentration of value found by the forecast, as a share of all: 1 perfect, 0 chance."
    ] = None
    value_interval_coverage: Annotated[
        float | None, "Share of customers whose value lay within their interval, which is to be 0.8 or more."
    ] = None


VALUES = Table(
    "scores.customer_value",
    CustomerValue,
    "One row per day and customer with a completed order who is not deleted: what the next 365 days are expected to bring, by BG/NBD and Gamma-Gamma as fitted on the month's first day (value_models).",
)
MODELS = Table(
    "scores.value_models",
    ValueModel,
    "One row per month: the models of customer value, fitted from what was known on its first day, and their back-test, in which models fitted some time before foretold the time up to that day.",
)


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables are there afterwards, empty where they were not."""
    ensure_table(connection, VALUES)
    ensure_table(connection, MODELS)


def read_model(connection: duckdb.DuckDBPyConnection, month: date, definition: str) -> ValueModel | None:
    """The month's models, where they were fitted by this definition."""
    rows = read_rows(connection, MODELS, "where fitted_as_of = ? and definition = ?", [month, definition])
    return rows[0] if rows else None


def replace_model(connection: duckdb.DuckDBPyConnection, model: ValueModel) -> None:
    """Put the row in the place of the month's; writing it again leaves the same row."""
    with transaction(connection):
        connection.execute(f"delete from {MODELS} where fitted_as_of = ?", [model.fitted_as_of])
        insert_rows(connection, MODELS, [model])
