"""When the label of a day is decided, and when it is known."""

from pathlib import Path

import pytest

from ml.spec import load_specs
from wellkept.deployment.errors import WellkeptError
from wellkept.project.definitions import label_names
from wellkept.project.labels import days_to_maturity, days_to_outcome
from wellkept.project.parameters import Parameters

PURCHASE, SUBSCRIPTION = "label_customer__purchase_churn", "label_customer__subscription_churn"
PARAMETERS = Parameters({"horizon_days": 60, "subscription_horizon_days": 180, "restart_days": 14, "late_days": 2})


def test_each_label_has_its_own_horizon_and_a_subscription_may_be_restarted() -> None:
    assert days_to_outcome(PARAMETERS) == {PURCHASE: 60, SUBSCRIPTION: 194}
    assert days_to_maturity(PARAMETERS) == {PURCHASE: 62, SUBSCRIPTION: 196}
    assert set(days_to_maturity(PARAMETERS)) == set(label_names())


def test_a_model_waits_as_long_as_its_label() -> None:
    for spec in load_specs():
        assert spec.days_to_maturity(PARAMETERS) == days_to_maturity(PARAMETERS)[spec.label]


@pytest.mark.parametrize("described", ["columns: []", "config: {meta: {label: {}}}"])
def test_a_label_that_does_not_say_when_it_is_decided_is_named(tmp_path: Path, described: str) -> None:
    folder = tmp_path / "models" / "labels"
    folder.mkdir(parents=True)
    (folder / "label_customer__z.sql").write_text("select 1")
    (folder / "label_customer__z.yml").write_text(f"models:\n  - name: label_customer__z\n    {described}\n")
    with pytest.raises(WellkeptError, match="label_customer__z: its yml does not say"):
        days_to_outcome(PARAMETERS, tmp_path)
