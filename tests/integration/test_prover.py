"""The leak prover clears every real feature, state and label, and catches leaks planted beside them."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import planted_leaks
import pytest
from demo_homes import DAY
from deployments import Deployment
from told_late import copy_raw_told_late
from typer.testing import CliRunner

from features.audit import ColumnAudit
from features.prover import Proof, prove
from wellkept.cli import _app
from wellkept.demo.company import write_landing
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.home import open_home
from wellkept.operations.new_run import make_run
from wellkept.project.definitions import group_names, label_names, table_hash
from wellkept.runs.run import Run
from wellkept.sources.extract import extract

PROVED = date(2026, 5, 23)
"""A day on which customers order whom the label of three months before asks about: one day too long is too long."""
SUBSCRIBERS = "label_customer__subscription_churn"
"""One customer in thirty has such a label."""
CAUGHT_BY = {
    "orders_count_one_day_too_long": {"later events"},
    "cancelled_count_as_read_today": {"later knowledge"},
    "is_back_within_horizon": {"later events", "later knowledge"},
    "refunded_orders_count_set_later": {"later events", "later knowledge"},
    "has_country_as_read_today": {"later knowledge"},
    "is_consenting_as_read_today": {"later knowledge"},
    "orders_count_without_cutoff": {"later events", "later knowledge"},
    "orders_count_as_read_today": {"later knowledge"},
    "orders_count_told_early": {"later knowledge"},
}
"""At least these."""
PLANTED = {f"{planted_leaks.FEATURES}.{name}" for name in planted_leaks.LEAKY_FEATURES} | {
    f"{planted_leaks.LABELS}.{name}" for name in planted_leaks.LEAKY_LABELS
}


def told_late(run: Run, folder: Path) -> Run:
    """The same day in a new home, in which rows of each kind were told late."""
    folder.mkdir()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"attach '{run.home.warehouse}' as told (read_only)")
        copy_raw_told_late(connection, run.as_of_date)
    return replace(run, home=Home(folder), settings=run.settings.model_copy(update={"home": folder}))


@pytest.fixture(scope="module")
def run(founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The demo company with everything its shop and CRM know."""
    settings = Settings(home=founded.home, config=founded.home / "wellkept.toml")
    return told_late(make_run(DAY, settings=settings), tmp_path_factory.mktemp("prover") / "home")


@pytest.fixture(scope="module")
def proof(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return prove(run, [PROVED], planted_leaks.plant(tmp_path_factory.mktemp("project")))


def audit_of(proof: Proof, table: str, column: str) -> ColumnAudit:
    [found] = [one for one in proof.columns if (one.table_name, one.column_name) == (table, column)]
    return found


def test_every_planted_leak_is_named_and_nothing_else(proof: Proof) -> None:
    assert set(proof.leaks) == PLANTED
    assert all(column.example_customer_id for column in proof.columns if column.verdict == "leak")


@pytest.mark.parametrize("column", CAUGHT_BY)
def test_a_leak_is_caught_by_taking_the_right_thing_away(proof: Proof, column: str) -> None:
    found = {finding.removed for finding in proof.findings if finding.column == column and finding.is_leak}
    assert found >= CAUGHT_BY[column]


def test_features_states_and_labels_are_all_compared_on_both_clocks_and_for_lateness(proof: Proof) -> None:
    found: dict[str, set[str]] = {}
    for finding in proof.findings:
        found.setdefault(finding.table, set()).add(finding.removed)
    real = {*group_names(), *label_names(), "lifecycle_states"}
    assert set(found) == real | {planted_leaks.FEATURES, planted_leaks.LABELS}
    assert all(removed == {"later events", "later knowledge", "lateness"} for removed in found.values())
    assert all(finding.rows_compared > 50 for finding in proof.findings if finding.table != SUBSCRIBERS)


def test_what_was_told_late_shows_and_the_calendar_is_hardly_late(proof: Proof) -> None:
    late, calendar = (
        audit_of(proof, planted_leaks.FEATURES, "spend_honest"),
        audit_of(proof, "feature_customer__calendar", "season_sin"),
    )
    assert late.verdict == "clean"
    assert late.late_share is not None
    assert 0.01 < late.late_share < 0.5
    assert calendar.late_rows < late.late_rows
    assert audit_of(proof, "lifecycle_states", "since_date").late_rows > 0


def test_what_is_proved_is_the_definition_there_is_now(run: Run, proof: Proof) -> None:
    of_orders = audit_of(proof, "feature_customer__orders", "orders_count_90d")
    assert of_orders.definition_hash == table_hash("feature_customer__orders", run.parameters)
    assert audit_of(proof, "lifecycle_states", "state").definition_hash is None


def test_a_day_without_a_future_is_refused(run: Run) -> None:
    with pytest.raises(BadInputError, match="no future to take away"):
        prove(run, [run.as_of_date])


def test_nothing_of_the_proof_is_left_behind(run: Run, proof: Proof) -> None:
    assert proof.findings
    assert not list(run.home.scratch.glob("prove-*"))


def load(folder: Path, day: date) -> Run:
    """The home in the folder, with what lies in `landing` there loaded for the day."""
    settings = Settings(home=folder / "home", config=folder / "none.toml")
    run = make_run(day, source=folder / "landing", settings=settings, overrides={"max_quarantined_share": 0.05})
    open_home(run.home)
    extract(run, "files")
    load_day(run)
    return run


@pytest.mark.soak
def test_the_command_proves_two_days_of_a_company_that_was_loaded_twice_and_records_it(tmp_path: Path) -> None:
    for day in (date(2026, 4, 1), DAY):
        write_landing(tmp_path / "landing", customers=600, last_day=day)
        run = load(tmp_path, day)
    words = ["features", "prove", "--as-of", str(DAY), "--home", str(run.home.root), "--json"]
    for _ in range(2):
        done = CliRunner().invoke(_app, words)
        assert done.exit_code == 0, done.output
    columns = json.loads(done.stdout)["columns"]
    assert {column["verdict"] for column in columns} == {"clean"}
    with duckdb.connect(str(run.home.warehouse)) as connection:
        rows = connection.execute("select table_name, column_name from quality.leak_audit order by all").fetchall()
    assert rows == sorted((column["table_name"], column["column_name"]) for column in columns)


RETAIL_DAY = date(2011, 12, 10)
ONLINE_RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail_ii"
"""Beside the clone, as for the benchmarks; the data are not part of it."""
# Its credit notes name no order: they are taken to be for the last one before them.
_ORDERS_NAMED = """
update raw.refunds set order_id = (
    select max_by(orders.order_id, orders.ordered_at) from raw.orders
    where orders.customer_id = refunds.customer_id and orders.ordered_at < refunds.refunded_at
)
"""


@pytest.mark.soak
@pytest.mark.real_shop
@pytest.mark.skipif(not ONLINE_RETAIL.exists(), reason=f"the shop's landing files are not at {ONLINE_RETAIL}")
def test_planted_leaks_are_caught_and_all_else_cleared_in_a_real_shop(tmp_path: Path) -> None:
    shutil.copytree(ONLINE_RETAIL, tmp_path / "landing", ignore=shutil.ignore_patterns("labels*", "*.md"))
    run = told_late(load(tmp_path, RETAIL_DAY), tmp_path / "late")
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(_ORDERS_NAMED)
    proof = prove(run, [date(2010, 12, 13), date(2011, 9, 5)], planted_leaks.plant(tmp_path))
    assert set(proof.leaks) == PLANTED - {f"{planted_leaks.FEATURES}.is_consenting_as_read_today"}  # it asks nobody
