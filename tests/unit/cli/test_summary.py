"""What `wellkept run` says at its end."""

import io
import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from wellkept.cli.summary import print_summary, read_summary
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

_DAY = date(2011, 9, 10)
_CHURN_RISK = """
create table churn_risk as
select *, 0.5 as base_rate from (values
    ('steady', 0.1, 1000.0, 9, 'ordered last week', null, null),
    ('precious', 0.8, 900.0, 8, 'silent for 4 own gaps', 'orders fell by half', null),
    ('poor', 0.9, 10.0, 1, 'ordered once', null, null),
    ('unexplained', 0.7, 2000.0, 3, null, null, null),
    ('gone', null, 5000.0, 0, null, null, null)
) as rows(customer_id, churn_risk, spend_365d, orders_count_365d,
    reason_1_sentence, reason_2_sentence, reason_3_sentence)
"""

_MODEL_VERSIONS = """
create table model_versions as
select 'lightgbm' as model_name, '3' as model_version, 'lightgbm' as kind, 4551 as training_rows, 52 as training_days,
    '{"means": {"lightgbm": {"auc": 0.8, "log_loss": 0.5, "lift_10": 1.7}}}' as metrics
"""

_DRIFT = """
create table feature_drift as
select *, date '2011-09-10' as as_of_date from (values
    ('tickets_count_90d', 0.3, true, 'critical'),
    ('amount_30d', 4.0, true, 'critical'),
    ('orders_count_30d', 0.2, true, 'warning'),
    ('refunds_count_90d', 0.9, false, 'critical')
) as rows(feature_name, psi, is_used, status)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(_DAY, run_id="r1", settings=Settings(home=tmp_path, config=tmp_path / "none.toml"))


def _publish(run: Run, *statements: str, model: str | None = "lightgbm", reason: str | None = None) -> None:
    run.home.editions.mkdir(parents=True)
    edition = run.home.editions / "2011-09-10-r1.duckdb"
    with duckdb.connect(str(edition)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute(
            "create table edition as select ? as model_name, '3' as model_version, 'B' as model_grade, "
            "? as scores_missing_reason",
            [model, reason],
        )
        connection.execute(_MODEL_VERSIONS)
        connection.execute(_DRIFT)
    run.home.link.symlink_to(Path("editions") / edition.name)


def _print(run: Run) -> str:
    out = io.StringIO()
    print_summary(read_summary(run), Console(file=out, width=160))
    return out.getvalue()


def test_the_riskiest_valuable_are_above_the_base_rate_then_explained_then_by_risk_times_spend(run: Run) -> None:
    _publish(run, _CHURN_RISK)
    summary = read_summary(run)
    assert [customer.customer_id for customer in summary.riskiest] == ["precious", "poor", "unexplained", "steady"]
    assert summary.riskiest[0].reasons == ("silent for 4 own gaps", "orders fell by half")
    assert summary.is_linked
    shown = _print(run)
    assert "lightgbm 3: grade B" in shown
    assert "4,551 rows of 52 days; back-tests: AUC 0.800, log-loss 0.500, lift 1.70" in shown.replace("\n", " ")
    assert str(run.home.link) in shown


def test_critical_drift_of_what_the_model_reads_is_named_the_farthest_first(run: Run) -> None:
    _publish(run, _CHURN_RISK)
    assert "Not as the model learned it: amount_30d, tickets_count_90d (critical in feature_drift)" in _print(run)


def test_without_amounts_the_number_of_orders_is_the_value(run: Run) -> None:
    _publish(run, _CHURN_RISK, "update churn_risk set spend_365d = null")
    summary = read_summary(run)
    assert summary.ranked_by == "orders_count_365d"
    assert [customer.customer_id for customer in summary.riskiest] == ["precious", "poor", "unexplained", "steady"]


def test_without_scores_it_says_why(run: Run) -> None:
    _publish(run, model=None, reason="orders: 3 days of history [200 needed]")
    assert read_summary(run).riskiest == ()
    assert "No scores: orders: 3 days of history [200 needed]" in _print(run)


def test_an_edition_that_readers_do_not_see_is_told_so(run: Run) -> None:
    _publish(run, _CHURN_RISK)
    run.home.link.unlink()
    assert not read_summary(run).is_linked
    assert "Readers stay" in _print(run)


def test_as_json_it_can_be_read_by_a_program(run: Run) -> None:
    _publish(run, _CHURN_RISK)
    told = json.loads(json.dumps(read_summary(run).as_json()))
    assert told["as_of_date"] == "2011-09-10"
    assert told["tables"] == {"churn_risk": 5, "edition": 1, "feature_drift": 4, "model_versions": 1}
    assert told["riskiest"][0]["customer_id"] == "precious"


def test_a_run_without_an_edition_is_an_error(run: Run) -> None:
    with pytest.raises(WellkeptError, match="r1 left no edition of 2011-09-10"):
        read_summary(run)
