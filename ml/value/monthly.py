"""The models of a month, fitted from what was known on its first day, and their back-test."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.value.bgnbd import BgNbd, fit_bgnbd
from ml.value.futures import DRAWS, LEVEL, Futures
from ml.value.gamma_gamma import GammaGamma, fit_gamma_gamma
from ml.value.grading import grade
from ml.value.tables import ValueModel
from wellkept.deployment.errors import ModelRefusedError, NotEnoughDataError
from wellkept.project.definitions import HISTORIES, table_hash
from wellkept.project.parameters import Value

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]

HORIZON_DAYS = 365
MAX_CUSTOMERS = 100_000
"""Fitted on so many, every parameter is known to a few hundredths; more cost time and tell nothing."""
_MIN_REPEAT_CUSTOMERS = 50
"""With fewer repeaters than this the parameters are guesses."""
_WEEK = 7
_MIN_BACKTEST_DAYS = 28
_ROWS_AT_ONCE = 10_000
_NUMBERS = ("frequency", "recency", "age", "spend_days", "mean_spend")


@dataclass(frozen=True)
class Fitted:
    """What could be fitted from the histories of a day; of the rest why not, in words."""

    orders: BgNbd | None = None
    spend: GammaGamma | None = None
    orders_reason: str | None = None
    spend_reason: str | None = None


@dataclass(frozen=True)
class MonthHistories:
    """What a month's models are fitted on, and what models fitted `backtest_days` before are held against, if any are."""

    month: date
    known: pa.Table
    backtest_days: int
    past: pa.Table | None


def define_models(parameters: Mapping[str, Value]) -> str:
    """What decides the models of a month besides its orders; where it is another, they are fitted again.

    As with any trained model that is the definition of what they are made from, and the numbers chosen here; not the code.
    """
    chosen = {
        "horizon_days": HORIZON_DAYS,
        "max_customers": MAX_CUSTOMERS,
        "min_repeat_customers": _MIN_REPEAT_CUSTOMERS,
        "min_backtest_days": _MIN_BACKTEST_DAYS,
        "draws": DRAWS,
        "level": LEVEL,
    }
    return json.dumps({"histories": table_hash(HISTORIES, parameters), **chosen})


def fit_month(histories: MonthHistories, definition: str) -> ValueModel:
    """The models of the month that begins on the histories' day, and their back-test."""
    known = _to_columns(histories.known, _NUMBERS)
    fitted = fit(known, histories.month)
    return ValueModel(
        fitted_as_of=histories.month,
        definition=definition,
        customers=len(known["frequency"]),
        repeat_customers=int((known["frequency"] > 0).sum()),
        spend_customers=int(_has_spend(known).sum()),
        orders_missing_reason=fitted.orders_reason,
        value_missing_reason=fitted.spend_reason,
        **_parameters(fitted, known),
        **_backtest(fitted, histories),
    )


def fit(histories: Columns, day: date) -> Fitted:
    """Both models from the histories of `day`; without a model of orders there is none of spend."""
    repeaters = int((histories["frequency"] > 0).sum())
    if repeaters < _MIN_REPEAT_CUSTOMERS:
        reason = (
            f"of {len(histories['frequency'])} customers known on {day} {repeaters} had ordered on two days or more; "
            f"{_MIN_REPEAT_CUSTOMERS} are needed"
        )
        return Fitted(orders_reason=reason, spend_reason=reason)
    try:
        orders = fit_bgnbd(histories["frequency"], histories["recency"], histories["age"])
    except ModelRefusedError as error:
        return Fitted(orders_reason=str(error), spend_reason=str(error))
    try:
        return Fitted(orders, _fit_spend(histories, day))
    except ModelRefusedError as error:
        return Fitted(orders, spend_reason=str(error))


def backtest_horizon(first: date | None, day: date) -> int:
    """Days to foretell: a year where at least as much lies before it, else half of history in whole weeks, 0 if too short."""
    history = (day - first).days if first else 0
    days = min(HORIZON_DAYS, history // 2 if history >= 2 * HORIZON_DAYS else history // 2 // _WEEK * _WEEK)
    return days if days >= _MIN_BACKTEST_DAYS else 0


def futures_of(model: ValueModel) -> Futures | None:
    """The fitted distributions of a stored month; None without a model of orders."""
    if model.r is None or model.alpha is None or model.a is None or model.b is None:
        return None
    orders = BgNbd(model.r, model.alpha, model.a, model.b, model.orders_log_likelihood or 0.0)
    return Futures(orders, _spend_of(model), HORIZON_DAYS)


def _spend_of(model: ValueModel) -> GammaGamma | None:
    if model.p is None or model.q is None or model.v is None:
        return None
    return GammaGamma(model.p, model.q, model.v, model.spend_log_likelihood or 0.0)


def _fit_spend(histories: Columns, day: date) -> GammaGamma:
    """From who spent on two days or more: from one day nobody can tell a customer's spread from that between customers."""
    if not (histories["spend_days"] > 0).any():
        raise NotEnoughDataError(f"no order known on {day} has an amount")
    chosen = _has_spend(histories)
    if chosen.sum() < _MIN_REPEAT_CUSTOMERS:
        raise NotEnoughDataError(
            f"{chosen.sum()} customers known on {day} had spent on two days or more; {_MIN_REPEAT_CUSTOMERS} are needed"
        )
    return fit_gamma_gamma(histories["spend_days"][chosen], histories["mean_spend"][chosen])


def _has_spend(histories: Columns) -> NDArray[np.bool_]:
    return (histories["spend_days"] >= 2) & (histories["mean_spend"] > 0)


def _parameters(fitted: Fitted, histories: Columns) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if fitted.orders:
        orders = fitted.orders
        found |= {"r": orders.r, "alpha": orders.alpha, "a": orders.a, "b": orders.b}
        found["orders_log_likelihood"] = orders.log_likelihood
    if fitted.spend:
        spend, chosen = fitted.spend, _has_spend(histories)
        found |= {"p": spend.p, "q": spend.q, "v": spend.v, "spend_log_likelihood": spend.log_likelihood}
        found["spend_frequency_correlation"] = _correlation(
            np.log(histories["spend_days"][chosen]), np.log(histories["mean_spend"][chosen])
        )
    return found


def _backtest(fitted: Fitted, histories: MonthHistories) -> dict[str, Any]:
    if histories.past is None or not fitted.orders:
        short = f"fewer than {2 * _MIN_BACKTEST_DAYS} days lie between the first order and {histories.month}"
        return {"backtest_missing_reason": fitted.orders_reason or short}
    days = histories.backtest_days
    since = histories.month - timedelta(days=days)
    past = _to_columns(histories.past, (*_NUMBERS, "later_orders", "later_value"))
    before = fit(past, since)
    facts = {"backtest_from": since, "backtest_days": days, "backtest_customers": len(past["frequency"])}
    reason = before.orders_reason or before.spend_reason
    return {**facts, "backtest_missing_reason": reason, **_grade(before, past, days)}


def _grade(before: Fitted, past: Columns, days: int) -> dict[str, Any]:
    if not before.orders:
        return {}
    expected = before.orders.expected_orders(past["frequency"], past["recency"], past["age"], days)
    found = _named(grade(expected, past["later_orders"]), "orders")
    if not before.spend:
        return found
    is_known = ~np.isnan(past["later_value"])
    value = expected * before.spend.expected_spend(past["spend_days"], np.nan_to_num(past["mean_spend"]))
    coverage = _coverage(Futures(before.orders, before.spend, days), past)
    return {
        **found,
        **_named(grade(value[is_known], past["later_value"][is_known]), "value"),
        "value_interval_coverage": float(coverage[is_known].mean()),
    }


def _coverage(futures: Futures, past: Columns) -> NDArray[np.bool_]:
    """Whose later value lay within the interval."""
    assert futures.spend is not None  # noqa: S101  only called with amounts
    held = []
    for start in range(0, len(past["frequency"]), _ROWS_AT_ONCE):
        some = {name: values[start : start + _ROWS_AT_ONCE] for name, values in past.items()}
        low, high = futures.unit_interval(some["frequency"], some["recency"], some["age"], some["spend_days"])
        scale = futures.spend.v + some["spend_days"] * np.nan_to_num(some["mean_spend"])
        held.append((low * scale <= some["later_value"]) & (some["later_value"] <= high * scale))
    return np.concatenate(held)


def _named(result: Any, what: str) -> dict[str, Any]:
    return {
        f"expected_{what}": result.expected,
        f"actual_{what}": result.actual,
        f"{what}_bias": result.bias,
        f"{what}_rmse": result.rmse,
        f"{what}_gini": result.gini,
    }


def _correlation(one: Floats, other: Floats) -> float | None:
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else None


def _to_columns(rows: pa.Table, names: tuple[str, ...]) -> dict[str, Floats]:
    """Each column as doubles, NaN where unknown."""
    return {name: rows[name].to_numpy().astype(np.float64) for name in names}
