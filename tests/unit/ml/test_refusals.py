"""Data that must raise an alarm and promote nothing: a changed unit, a silent source, shuffled labels, a leaking column, a bad proof."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from features import registry
from ml.promote import find_champion
from ml.spec import ModelSpec
from ml.training.train import train
from tests.unit.ml.conftest import DAY, fill_warehouse, make_rows, training_days, write
from wellkept.deployment.errors import (
    LeakSuspectedError,
    ModelRefusedError,
    NoSignalError,
    NotEnoughDataError,
    ShiftedDataError,
)
from wellkept.project.parameters import Parameters
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

LATER = DAY + timedelta(days=7)
Change = Callable[[pa.Table], pa.Table]


def changed(rows: pa.Table, name: str, values: np.ndarray) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, pa.array(values))


def is_of_the_day(rows: pa.Table) -> np.ndarray:
    return np.array(rows["as_of_date"].to_pylist()) == LATER


def in_cents_from_the_day_on(rows: pa.Table) -> pa.Table:
    amounts = rows["amount_365d"].to_numpy()
    return changed(rows, "amount_365d", np.where(is_of_the_day(rows), 100 * amounts, amounts))


def without_the_source_from_the_day_on(rows: pa.Table) -> pa.Table:
    counts = rows["orders_count_365d"].to_numpy()
    return changed(rows, "orders_count_365d", np.where(is_of_the_day(rows), 0, counts))


def shuffled(rows: pa.Table) -> pa.Table:
    return changed(rows, "is_churned", np.random.default_rng(8).random(rows.num_rows) < 0.4)


def leaking(rows: pa.Table) -> pa.Table:
    churned = rows["is_churned"].to_numpy(zero_copy_only=False)
    return changed(rows, "own_gap_days", np.where(churned, 9.0, 1.0))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (in_cents_from_the_day_on, ShiftedDataError, r"amount_365d is [\d,e+.]+ in the median, and was"),
        (
            without_the_source_from_the_day_on,
            ShiftedDataError,
            "orders_count_365d is 0 or unknown for 100% of the customers",
        ),
        (shuffled, NoSignalError, "no model tells who churns better than chance"),
        (leaking, LeakSuspectedError, "Nothing was promoted"),
    ],
)
def test_bad_data_is_named_and_the_champion_stays(
    shop: Run, spec: ModelSpec, change: Change, error: type[ModelRefusedError], said: str
) -> None:
    first = train(shop)["model_version"]
    later = replace(shop, as_of_date=LATER, run_id="later")
    fill_warehouse(later, change(make_rows([*training_days(), DAY, LATER], 300)), training_days()[-1])
    with pytest.raises(error, match=said):
        train(later)
    champion = find_champion(later, spec)
    assert champion is not None
    assert champion.model_version == first


def test_a_leaking_feature_alone_is_named(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_warehouse(shop, leaking(make_rows([*training_days(), DAY], 300)), training_days()[-1])
    monkeypatch.setattr("ml.training.suspicions.check_leak", lambda *arguments: None)
    with pytest.raises(LeakSuspectedError, match=r"the feature own_gap_days alone has a mean AUC of 1\.000"):
        train(shop)


def test_while_a_source_leaves_out_what_features_are_made_of_nothing_is_trained(
    shop: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [replace(feature, entities=("orders", "order_lines")) for feature in registry.load()]
    monkeypatch.setattr("features.registry.load", lambda: known)
    for entity, day in (("orders", DAY), ("order_lines", DAY - timedelta(days=1))):
        write(
            shop,
            f"insert into raw.loads by name select date '{day}' as as_of_date, 'files' as source, '{entity}' as entity",
        )
    with pytest.raises(ShiftedDataError, match=f"files has not brought order_lines since {DAY - timedelta(days=1)}"):
        train(shop)
    accepting = replace(shop, parameters=Parameters({"accept_missing_columns": "order_lines.*"}))
    assert train(accepting)["is_promoted"]


def test_what_the_prover_found_leaking_is_not_trained_on(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = {"verdict": "leak", "as_of_date": "2026-03-01", "not_proved": []}
    monkeypatch.setattr("features.manifest.read_verdict", lambda *arguments: verdict)
    with pytest.raises(LeakSuspectedError, match="the leak prover found on 2026-03-01"):
        train(shop)


def test_a_model_that_is_refused_leaves_the_others_to_train(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = spec.model_copy(
        update={"name": "subscription_churn_risk", "label": "label_customer__nobody", "is_optional": True}
    )
    write(
        shop,
        "create table labels.label_customer__nobody as select * from labels.label_customer__purchase_churn limit 0",
    )
    for module in ("training.train", "promote"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [spec, other])
    result = train(shop)
    assert result["model_name"] == "churn_risk"
    assert list(result["models"]) == ["churn_risk"]
    assert "nobody was eligible" in result["refused"]["subscription_churn_risk"]
    json.dumps(result)


def test_where_all_are_refused_it_says_the_first_reason(shop: Run) -> None:
    fill_warehouse(shop, make_rows([*training_days(), DAY], 20), training_days()[-1])
    with pytest.raises(NotEnoughDataError, match="churn_risk on"):
        train(shop)
