"""What a version needs: features some row knows, by the definitions and types it was trained on; what does not fit is said."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from features import registry
from features.registry import Feature
from ml.promote import find_champion, list_versions, promote_version
from ml.scoring.score import score_all
from ml.spec import ModelSpec
from ml.training.absent import explain_absent
from ml.training.train import train
from ml.versions import folder_of
from tests.unit.ml.conftest import DAY, read, write
from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

TICKETS = Feature(
    "tickets_count_90d", "feature_customer__orders", "bigint", "It.", "ml", "-", 0, None, "none", ("tickets",)
)
LATER = DAY + timedelta(days=7)


def give_spec(monkeypatch: pytest.MonkeyPatch, spec: ModelSpec, *features: str) -> ModelSpec:
    """The spec with further features, for training, promotion and scoring."""
    longer = spec.model_copy(update={"features": [*spec.features, *features]})
    for module in ("training.train", "promote", "scoring.score"):
        monkeypatch.setattr(f"ml.{module}.load_specs", lambda: [longer])
    return longer


def give_registry(monkeypatch: pytest.MonkeyPatch, *features: Feature, **types: str) -> None:
    """The registry with further features, or with other types."""
    known = [
        replace(feature, data_type=types.get(feature.name, feature.data_type))
        for feature in [*registry.load(), *features]
    ]
    monkeypatch.setattr("features.registry.load", lambda: known)


@pytest.fixture
def quiet_shop(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The shop with a feature of tickets, of which nothing was ever told."""
    give_spec(monkeypatch, spec, TICKETS.name)
    give_registry(monkeypatch, TICKETS)
    write(shop, f"alter table features.feature_customer__orders add column {TICKETS.name} bigint")
    return shop


def features_of(run: Run) -> list[str]:
    names: list[str] = json.loads(list_versions(run)[-1]["features"])
    return names


def test_what_no_training_row_knows_is_left_out_and_the_card_says_why(
    quiet_shop: Run, spec: ModelSpec, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        version = train(quiet_shop)["model_version"]
    reason = "tickets_count_90d: no tickets were known by 2025-12-01, the last training day"
    assert features_of(quiet_shop) == spec.features
    assert reason in (folder_of(quiet_shop, "churn_risk", version) / "card.md").read_text()
    assert reason in caplog.text
    assert score_all(quiet_shop)["scored"] == 300
    assert train(replace(quiet_shop, run_id="again"))["model_version"] == version


def test_a_feature_left_out_changes_no_score(shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = "select customer_id, churn_risk from scores.predictions order by customer_id"
    train(shop)
    score_all(shop)
    before = read(shop, scores)
    give_spec(monkeypatch, spec, TICKETS.name)
    give_registry(monkeypatch, TICKETS)
    write(shop, f"alter table features.feature_customer__orders add column {TICKETS.name} bigint")
    train(replace(shop, run_id="again"))
    score_all(shop)
    assert read(shop, scores) == before


def test_when_the_source_comes_the_next_training_has_it(quiet_shop: Run) -> None:
    train(quiet_shop)
    write(quiet_shop, f"update features.feature_customer__orders set {TICKETS.name} = orders_count_365d % 3")
    train(replace(quiet_shop, as_of_date=LATER, run_id="later"))
    assert features_of(quiet_shop)[-1] == TICKETS.name


def test_a_column_that_is_told_of_and_empty_is_named_too(quiet_shop: Run) -> None:
    write(quiet_shop, "create table raw.tickets as select date '2025-01-01' as known_on")
    version = train(quiet_shop)["model_version"]
    card = (folder_of(quiet_shop, "churn_risk", version) / "card.md").read_text()
    assert "**Trained without:** tickets_count_90d: NULL in every training row." in card


def test_what_was_not_told_is_listed_by_cause() -> None:
    both = replace(TICKETS, name="frictions_count_90d", entities=("orders", "tickets", "loyalty_events"))
    with duckdb.connect() as connection:
        connection.execute("create schema raw; create table raw.orders as select date '2025-01-01' as known_on")
        connection.execute("create table raw.tickets as select date '2026-01-02' as known_on")
        told = explain_absent(connection, [both, TICKETS], date(2026, 1, 1))
        assert told == [
            "frictions_count_90d: no tickets or loyalty events were known by 2026-01-01, the last training day",
            "tickets_count_90d: no tickets were known by 2026-01-01, the last training day",
        ]
        told = explain_absent(connection, [TICKETS], date(2026, 1, 2))
        assert told == ["tickets_count_90d: NULL in every training row"]


def test_a_feature_that_no_table_has_is_an_error_and_the_champion_stays(
    shop: Run, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = train(shop)["model_version"]
    give_spec(monkeypatch, spec, TICKETS.name)
    with pytest.raises(BadInputError, match=r"churn_risk/spec\.yml: no feature table has tickets_count_90d"):
        train(replace(shop, run_id="again"))
    give_registry(monkeypatch, TICKETS)  # described, and not in the warehouse
    with pytest.raises(BadInputError, match="no feature table has tickets_count_90d"):
        train(replace(shop, run_id="again"))
    champion = find_champion(shop, spec)
    assert champion is not None
    assert champion.model_version == version
    assert score_all(shop)["model_version"] == version


def test_a_type_that_changed_is_told_and_nothing_is_scored(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    version = train(shop)["model_version"]
    score_all(shop)
    give_registry(monkeypatch, orders_count_365d="double")
    assert score_all(shop) == {
        "scores_missing_reason": f"no churn_risk model was champion on {DAY}; {version} was trained on features that are "
        "defined differently now: orders_count_365d was bigint and is double; it cannot speak on 2026-03-02; train it "
        "again: wellkept train --as-of 2026-03-02"
    }
    assert read(shop, "select count(*) from scores.predictions") == [(0,)]


def test_a_table_that_is_defined_differently_is_told(shop: Run, run_of: Callable[..., Run]) -> None:
    version = train(shop)["model_version"]
    reason = score_all(run_of(DAY.isoformat(), reporting_currency="EUR"))["scores_missing_reason"]
    assert (
        f"{version} was trained on features that are defined differently now: the definition of feature_customer__orders "
        "changed; it cannot speak"
    ) in reason
    assert "calendar" not in reason


def test_other_parameters_are_told(shop: Run, run_of: Callable[..., Run]) -> None:
    train(shop)
    reason = score_all(run_of(DAY.isoformat(), horizon_days=60))["scores_missing_reason"]
    assert (
        "was trained with eligible_days=365, horizon_days=90, late_days=1; 2026-03-02 would run with horizon_days=60"
        in reason
    )


def test_a_feature_that_is_gone_is_named(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    train(shop)
    left = [feature for feature in registry.load() if feature.name != "own_gap_days"]
    monkeypatch.setattr("features.registry.load", lambda: left)
    assert "needs own_gap_days, which no feature table has now" in score_all(shop)["scores_missing_reason"]


def test_an_older_version_that_fits_speaks_and_the_newer_one_is_told_of(
    shop: Run, run_of: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    first = train(shop)["model_version"]
    other = run_of(DAY.isoformat(), reporting_currency="EUR")
    second = train(replace(other, run_id="other"))["model_version"]
    assert first != second
    result = score_all(shop)
    assert result["model_version"] == first
    assert result["passed_over"].startswith(f"{second} was trained on features that are defined differently now")
    assert result["passed_over"] in caplog.text


def test_a_warehouse_of_other_types_is_refused(shop: Run) -> None:
    train(shop)
    write(shop, "alter table features.feature_customer__orders alter orders_count_365d type double")
    with pytest.raises(WellkeptError, match="orders_count_365d is double and is registered as bigint"):
        score_all(shop)


def test_what_does_not_fit_is_not_promoted_by_hand(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    version = train(shop)["model_version"]
    give_registry(monkeypatch, orders_count_365d="double")
    with pytest.raises(BadInputError, match=f"{version} .*orders_count_365d was bigint and is double"):
        promote_version(shop, version)


def test_a_version_keeps_the_manifest_of_what_it_was_trained_on(shop: Run) -> None:
    version = train(shop)["model_version"]
    kept = json.loads((folder_of(shop, "churn_risk", version) / "training_set.json").read_text())
    [beside] = [json.loads(file.read_text()) for file in shop.home.training.glob("*.json")]
    assert kept == beside
    assert kept["model_name"] == "churn_risk"
    assert sum(day["labels_positive"] for day in kept["by_day"]) == kept["churned"] > 100
    assert {feature["name"] for feature in kept["features"]} >= set(features_of(shop))
    assert kept["leak_verdict"]["verdict"] == "not proved"
    assert set(kept["definition_hashes"]) == {
        "feature_customer__orders",
        "feature_customer__calendar",
        "label_customer__purchase_churn",
    }
