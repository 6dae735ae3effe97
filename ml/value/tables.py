"""The tables scores.customer_value, a row per customer and day, and scores.value_models, a row per month."""

from dataclasses import dataclass, fields
from datetime import date

import duckdb

from wellkept.warehouse.connecting import transaction
from wellkept.warehouse.sql import comment_on, insert_records

VALUES = "scores.customer_value"
MODELS = "scores.value_models"


@dataclass(frozen=True)
class ValueModel:
    """The models of a month and how they did in their back-test: a row of scores.value_models."""

    fitted_as_of: date
    definition: str
    customers: int
    repeat_customers: int
    r: float | None = None
    alpha: float | None = None
    a: float | None = None
    b: float | None = None
    orders_log_likelihood: float | None = None
    orders_missing_reason: str | None = None
    spend_customers: int = 0
    p: float | None = None
    q: float | None = None
    v: float | None = None
    spend_log_likelihood: float | None = None
    spend_frequency_correlation: float | None = None
    value_missing_reason: str | None = None
    backtest_from: date | None = None
    backtest_days: int | None = None
    backtest_customers: int | None = None
    backtest_missing_reason: str | None = None
    expected_orders: float | None = None
    actual_orders: float | None = None
    orders_bias: float | None = None
    orders_rmse: float | None = None
    orders_gini: float | None = None
    expected_value: float | None = None
    actual_value: float | None = None
    value_bias: float | None = None
    value_rmse: float | None = None
    value_gini: float | None = None
    value_interval_coverage: float | None = None


_CREATE = f"""
create schema if not exists scores;
create table if not exists {VALUES} (
    customer_id varchar not null,
    as_of_date date not null,
    alive_probability double,
    expected_orders_365d double,
    expected_value_365d double,
    expected_value_365d_low double,
    expected_value_365d_high double,
    expected_value_365d_if_retained double,
    fitted_as_of date not null
);
create table if not exists {MODELS} (
    fitted_as_of date not null primary key,
    definition varchar not null,
    customers bigint not null,
    repeat_customers bigint not null,
    r double,
    alpha double,
    a double,
    b double,
    orders_log_likelihood double,
    orders_missing_reason varchar,
    spend_customers bigint not null,
    p double,
    q double,
    v double,
    spend_log_likelihood double,
    spend_frequency_correlation double,
    value_missing_reason varchar,
    backtest_from date,
    backtest_days integer,
    backtest_customers bigint,
    backtest_missing_reason varchar,
    expected_orders double,
    actual_orders double,
    orders_bias double,
    orders_rmse double,
    orders_gini double,
    expected_value double,
    actual_value double,
    value_bias double,
    value_rmse double,
    value_gini double,
    value_interval_coverage double
);
"""
_VALUES_DESCRIPTION = (
    "One row per day and customer with a completed order who is not deleted: what the next 365 days are expected to bring, "
    "by BG/NBD and Gamma-Gamma as fitted on the month's first day (value_models)."
)
_VALUES_DESCRIPTIONS = {
    "customer_id": "Key of the customer.",
    "as_of_date": "The day from which on orders are expected.",
    "alive_probability": "Probability that the customer has not left for good; 1 before a second order day.",
    "expected_orders_365d": "Expected days with an order in 365 days, the risk of having left and of leaving in it.",
    "expected_value_365d": "Expected value of these orders net of refunds, in the reporting currency; NULL without amounts.",
    "expected_value_365d_low": (
        "A tenth of the possible values lie below: of 200 futures drawn from the fitted distributions with a fixed seed."
    ),
    "expected_value_365d_high": (
        "A tenth of them lie above. Both are 0, and so below the expected value, where nine of ten futures have no order."
    ),
    "expected_value_365d_if_retained": (
        "Expected value if the customer has not left: without the risk of having left, which churn risk already tells."
    ),
    "fitted_as_of": "First day of the month, from what was known on which the models were fitted.",
}
_MODELS_DESCRIPTION = (
    "One row per month: the models of customer value, fitted from what was known on its first day, and their back-test, "
    "in which models fitted some time before foretold the time up to that day."
)
_MODELS_DESCRIPTIONS = {
    "fitted_as_of": "First day of the month: all of its days use these models.",
    "definition": "What else decides them; where it is another, the month is fitted again.",
    "customers": "Customers they were fitted on: a sample of large shops.",
    "repeat_customers": "Of these, with orders on two days or more.",
    "r": "BG/NBD: shape of the gamma distribution of order rates.",
    "alpha": "BG/NBD: its rate, in days.",
    "a": "BG/NBD: first parameter of the beta distribution of leaving after an order.",
    "b": "BG/NBD: its second parameter.",
    "orders_log_likelihood": "BG/NBD: logarithm of the likelihood, in days.",
    "orders_missing_reason": "Why there is no BG/NBD model, and so nothing expected of anybody; NULL where there is one.",
    "spend_customers": "Customers that the spend model was fitted on: with two days of spend or more.",
    "p": "Gamma-Gamma: shape of the gamma distribution of spend from order to order.",
    "q": "Gamma-Gamma: shape of the gamma distribution of customers' scales.",
    "v": "Gamma-Gamma: its rate, in the reporting currency.",
    "spend_log_likelihood": "Gamma-Gamma: logarithm of the likelihood.",
    "spend_frequency_correlation": "Of the logarithms of order days and mean spend: the model takes it to be 0.",
    "value_missing_reason": "Why there is no Gamma-Gamma model, and so no value; NULL where there is one.",
    "backtest_from": "The day whose knowledge the back-test's models were fitted from.",
    "backtest_days": "Days foretold, up to fitted_as_of: 365, fewer where history is short.",
    "backtest_customers": "Customers with a completed order before backtest_from; a sample of large shops.",
    "backtest_missing_reason": "Why there is no back-test, or none of value; NULL where there is one.",
    "expected_orders": "Order days expected of all of them together.",
    "actual_orders": "Order days that came.",
    "orders_bias": "Mean of expected less actual order days by customer.",
    "orders_rmse": "Root mean squared error of order days by customer.",
    "orders_gini": "Concentration of order days found by the forecast, as a share of all: 1 perfect, 0 chance.",
    "expected_value": "Value expected of all of them together.",
    "actual_value": "Value that came, net of refunds.",
    "value_bias": "Mean of expected less actual value by customer.",
    "value_rmse": "Root mean squared error of value by customer.",
    "value_gini": "Concentration of value found by the forecast, as a share of all: 1 perfect, 0 chance.",
    "value_interval_coverage": "Share of customers whose value lay within their interval, which is to be 0.8 or more.",
}


def ensure_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables are there afterwards, empty where they were not."""
    connection.execute(_CREATE)
    comment_on(connection, VALUES, _VALUES_DESCRIPTION, _VALUES_DESCRIPTIONS)
    comment_on(connection, MODELS, _MODELS_DESCRIPTION, _MODELS_DESCRIPTIONS)


def read_model(connection: duckdb.DuckDBPyConnection, month: date, definition: str) -> ValueModel | None:
    """The month's models, where they were fitted by this definition."""
    names = ", ".join(field.name for field in fields(ValueModel))
    row = connection.execute(
        f"select {names} from {MODELS} where fitted_as_of = ? and definition = ?", [month, definition]
    ).fetchone()
    return ValueModel(*row) if row else None


def replace_model(connection: duckdb.DuckDBPyConnection, model: ValueModel) -> None:
    """Put the row in the place of the month's; writing it again leaves the same row."""
    with transaction(connection):
        connection.execute(f"delete from {MODELS} where fitted_as_of = ?", [model.fitted_as_of])
        insert_records(connection, MODELS, [model])
