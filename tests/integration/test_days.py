"""One day, one answer: run twice, run step by step or at once, from another home."""

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from begun_home import share_project
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from disturbances import DEADLINE_SECONDS, start, wait_for_step

from expectations.gate import check_landing
from features.build import build_edition_tables
from wellkept.deployment.settings import Settings
from wellkept.landing.load import load_day
from wellkept.operations.new_run import make_run
from wellkept.sources.extract import extract, names

AUDIT = {"known_from", "is_known_on_assumed", "run_id", "scored_at", "created_at"}


@pytest.fixture(scope="module")
def fresh(begun: Path, deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home that has only ever seen the next day, as far as its marts and features: no model is trained in it."""
    deployment = Deployment(tmp_path_factory.mktemp("fresh") / "home", deliveries[NEXT_DAY])
    share_project(begun, deployment.home)
    run = make_run(NEXT_DAY, source=deployment.source, settings=Settings(home=deployment.home))
    for source in names(run):
        extract(run, source)
    check_landing(run)
    load_day(run)
    build_edition_tables(run)
    return deployment


def count_differences(one: Path, other: Path, table: str, where: str = "true") -> tuple[int, int]:
    """Rows of a table, and rows that only one of two warehouses has, audit columns aside."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        names = connection.execute(f"select column_name from (describe one.{table})").fetchall()
        columns = ", ".join(name for (name,) in names if name not in AUDIT)
        left, right = (f"select {columns} from {side}.{table} where {where}" for side in ("one", "other"))
        rows = connection.execute(f"select count(*) from ({left})").fetchall()[0][0]
        differing = connection.execute(
            f"select count(*) from (({left} except all {right}) union all ({right} except all {left}))"
        ).fetchall()[0][0]
        return rows, differing


MARTS = (
    "attributions",
    "cohort_retention",
    "customer_contacts",
    "customers",
    "journey_steps",
    "journeys",
    "lifecycle_flow",
    "lifecycle_states",
    "orders",
    "retention_kpis",
    "segments",
    "touchpoints",
)


# In every run of the tests test_demo_company.py holds the same of the sources that are read by what changed.
@pytest.mark.soak
@pytest.mark.parametrize("table", MARTS)
def test_marts_do_not_depend_on_how_the_home_came_to_the_day(
    continued: Deployment, fresh: Deployment, table: str
) -> None:
    one, other = (deployment.home / "warehouse.duckdb" for deployment in (continued, fresh))
    rows, differing = count_differences(one, other, f"marts.{table}")
    assert rows > (20 if table == "journey_steps" else 300)
    assert differing == 0


@pytest.mark.soak
@pytest.mark.parametrize("table", ["feature_customer__orders", "feature_customer__calendar"])
def test_features_do_not_depend_on_how_the_home_came_to_the_day(
    continued: Deployment, fresh: Deployment, table: str
) -> None:
    rows, differing = count_differences(
        continued.home / "warehouse.duckdb",
        fresh.home / "warehouse.duckdb",
        f"features.{table}",
        f"as_of_date = '{NEXT_DAY}'",
    )
    assert rows > 200
    assert differing == 0


@pytest.fixture(scope="module")
def again(continued: Deployment, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, str]:
    """The next day once more, while an impatient second run of it tries too; with what that one said."""
    deployment = copy_of(continued, tmp_path_factory.mktemp("again"))
    known = set((deployment.home / "runs").glob("*.json"))
    first = start(deployment, NEXT_DAY)
    wait_for_step(deployment, known, "list_sources", first)
    second = start(deployment, NEXT_DAY, WELLKEPT_LOCK_TIMEOUT_SECONDS="1")
    said = second.communicate(timeout=DEADLINE_SECONDS)[0]
    assert second.returncode == 1, said
    printed = first.communicate(timeout=DEADLINE_SECONDS)[0]
    assert first.returncode == 0, printed
    return deployment, said


def test_the_same_day_twice_gives_the_same_edition(continued: Deployment, again: tuple[Deployment, str]) -> None:
    assert again[0].manifest()["run_id"] != continued.manifest()["run_id"]
    assert again[0].hashes() == continued.hashes()


def test_of_two_runs_at_once_the_second_waits_says_for_whom_and_ends_with_1(again: tuple[Deployment, str]) -> None:
    run_id = again[0].manifest()["run_id"]
    assert f"waiting for run {run_id} of {NEXT_DAY}" in again[1]
    assert "Traceback" not in again[1]


def test_every_published_customer_has_one_row_and_the_eligible_a_risk(continued: Deployment) -> None:
    assert continued.query("select count(*) from customers") == continued.query("select count(*) from churn_risk")
    assert continued.query("select count(*) from churn_risk where is_eligible <> (churn_risk is not null)") == [(0,)]
    assert continued.query("select count(*) from churn_risk where churn_risk is not null")[0][0] > 100
    assert continued.query("select count(distinct as_of_date) from churn_risk_history") == [(2,)]


def test_every_scored_day_has_the_drift_of_the_features(continued: Deployment) -> None:
    found = continued.query(
        "select as_of_date, count(*) > 30, bool_or(is_used) from feature_drift group by all order by 1"
    )
    assert found == [(FIRST_DAY, True, True), (NEXT_DAY, True, True)]


def test_the_riskiest_have_reasons_that_carry_their_own_numbers(continued: Deployment) -> None:
    rows = continued.query("select reason_1_sentence from churn_risk where risk_decile = 10")
    assert rows
    assert all(any(letter.isdigit() for letter in sentence) for (sentence,) in rows)


def test_direct_identifiers_stay_out_of_the_edition(continued: Deployment) -> None:
    columns = {name for (name,) in continued.query("select column_name from duckdb_columns()")}
    assert not columns & {"email", "first_name", "last_name", "phone", "birth_date"}


# In every run of the tests test_prover.py holds the same of each feature, and test_feature_store.py of late rows.
@pytest.mark.soak
def test_a_training_set_of_a_past_day_is_the_same_later_but_for_its_label(
    finished: Deployment, continued: Deployment, tmp_path: Path
) -> None:
    day = date(2026, 8, 10)  # its label matures on 2026-11-09, between the two days
    early, late = tmp_path / "early.parquet", tmp_path / "late.parquet"
    for deployment, out in ((finished, early), (continued, late)):
        copy_of(deployment, out.with_suffix("")).call("features", "training-set", "--days", str(day), "--out", str(out))
    before, after = pq.read_table(early), pq.read_table(late)
    assert before.num_rows > 200
    assert before.drop_columns("is_churned") == after.drop_columns("is_churned")
    assert before["is_churned"].null_count == before.num_rows
    assert set(after["is_churned"].to_pylist()) == {True, False, None}, "None for those who are not eligible"
    assert FIRST_DAY < NEXT_DAY


@pytest.mark.soak
def test_an_earlier_day_rebuilt_later_is_the_edition_of_then_and_does_not_move_the_link(
    finished: Deployment, continued: Deployment, tmp_path: Path
) -> None:
    again = copy_of(continued, tmp_path)
    printed = again.run(FIRST_DAY).stdout
    assert "Readers stay" in printed
    assert again.manifest()["as_of_date"] == str(NEXT_DAY)
    for table in MARTS:
        one, other = (deployment.home / "warehouse.duckdb" for deployment in (finished, again))
        rows, differing = count_differences(one, other, f"marts.{table}")
        assert rows > (20 if table == "journey_steps" else 300)
        assert differing == 0, table
