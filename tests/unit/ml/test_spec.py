"""The spec is checked when it is read."""

from pathlib import Path

import pytest

from ml.spec import load_spec, load_specs
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.project.parameters import Parameters


def test_parameters_are_named_and_never_repeated() -> None:
    spec = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")
    assert spec.parameters_used(Parameters({"horizon_days": 60})) == {
        "horizon_days": 60,
        "eligible_days": 365,
        "late_days": 1,
    }
    assert spec.days_to_maturity(Parameters({"horizon_days": 60})) == 61


def test_a_model_whose_outcome_may_be_undone_waits_for_that_too() -> None:
    spec = load_spec(MODEL_SPECS / "subscription_churn_risk" / "spec.yml")
    parameters = Parameters({"subscription_horizon_days": 180, "restart_days": 14, "late_days": 2})
    assert spec.parameters_used(parameters) == {"subscription_horizon_days": 180, "restart_days": 14, "late_days": 2}
    assert spec.days_to_maturity(parameters) == 196


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "spec.yml"
    file.write_text((MODEL_SPECS / "churn_risk" / "spec.yml").read_text() + "\nfeaturs: []\n")
    with pytest.raises(BadInputError, match="featurs"):
        load_spec(file)


def test_the_floor_uses_features_of_the_list() -> None:
    for spec in load_specs():
        assert {spec.floor.recency, *spec.floor.rfm} <= set(spec.features)
