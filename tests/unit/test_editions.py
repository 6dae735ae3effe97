"""Editions: whole or not at all, read at any hour, never back in time by themselves."""

import importlib
import json
import os
import stat
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import edition_builder
import pytest
from edition_builder import DAY, build, change, make_run, read_day, read_hashes

from wellkept.deployment.errors import BadInputError, GateError, StaleBuildError, WellkeptError
from wellkept.editions import pin, prune, publish, publish_and_prune, read_manifest, unpin
from wellkept.editions.publish import PUBLISHED_TABLES
from wellkept.editions.shelf import list_editions, read_linked, read_pinned
from wellkept.runs.records import record_step
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow

TABLES = {published.name for published in PUBLISHED_TABLES if not published.only_if} | {"edition"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = make_run(tmp_path / "home", horizon_days=60)
    build(run)
    return run


def publish_day(run: Run, offset: int, run_id: str | None = None) -> str:
    other = make_run(run.home.root, DAY + timedelta(days=offset), run_id or f"day{offset}")
    build(other)
    return publish(other)


def test_an_edition_is_complete_described_and_read_only(run: Run) -> None:
    path = publish(run)
    assert path == str(run.home.editions / "2011-09-10-r1.duckdb")
    assert run.home.link.readlink() == Path("editions/2011-09-10-r1.duckdb")
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o440
    assert read_day(run.home) == DAY
    with duckdb.connect(path, read_only=True) as connection:
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        comment = connection.execute("select comment from duckdb_tables() where table_name = 'customers'").fetchone()
        columns = connection.execute(
            "select column_name, is_nullable, comment from duckdb_columns() where table_name = 'customers'"
        ).fetchall()
        checks = connection.execute("select distinct as_of_date from data_quality").fetchall()
    assert names == TABLES
    assert comment == ("One row per customer's day.",)
    assert columns == [("as_of_date", False, None), ("customer_id", False, "Whose row it is."), ("group", True, None)]
    assert checks == [(DAY,)]
    assert not list(run.home.editions.glob("*.wal"))
    assert not list(run.home.editions.glob(".unfinished*"))


def test_the_edition_row_and_the_manifest_say_what_it_is(run: Run) -> None:
    publish(run)
    with duckdb.connect(str(run.home.link), read_only=True) as connection:
        cursor = connection.execute("select * exclude (parameters, published_at, wellkept_version) from edition")
        row = cursor.fetchall()
    sources = '{"files": "2011-09-10"}'
    assert row == [(DAY, "r1", "churn_risk", "v1", "good", None, sources, DAY)]
    manifest = read_manifest(run.home)
    assert manifest is not None
    assert (manifest["as_of_date"], manifest["run_id"], manifest["model_grade"]) == ("2011-09-10", "r1", "good")
    assert manifest["overridden"] == {"horizon_days": 60}
    assert manifest["parameters"]["eligible_days"] == 365
    assert manifest["gate"] == {
        "rules": 2,
        "failed_critical": 0,
        "failed_warning": 1,
        "warnings": ["customers: is fresh"],
    }
    assert set(manifest["tables"]) == TABLES
    assert manifest["tables"]["edition"]["rows"] == 1
    assert manifest["rows_quarantined"] == {"day": 3, "total": 3}
    assert manifest["bytes"] == run.home.link.stat().st_size
    assert json.loads((run.home.published / "manifest.json").read_text()) == manifest


def test_contacts_are_published_only_where_a_parameter_says_so(run: Run) -> None:
    assert "customer_contacts" not in read_hashes(publish(run))
    open_run = make_run(run.home.root, publish_direct_identifiers=True)
    build(open_run)
    assert "customer_contacts" in read_hashes(publish(open_run))


def test_without_scores_the_edition_says_why(run: Run) -> None:
    change(run, "delete from marts.churn_risk")
    with record_step(run, "score_models") as counts:
        counts["scores_missing_reason"] = "one class only"
    publish(run)
    manifest = read_manifest(run.home)
    assert manifest is not None
    assert (manifest["model_name"], manifest["scores_missing_reason"]) == (None, "one class only")


def test_the_same_rows_in_another_order_and_run_have_the_same_hash_and_a_changed_row_has_not(run: Run) -> None:
    first = read_hashes(publish(run))
    again = make_run(run.home.root, run_id="r2", horizon_days=60)
    build(again)
    change(again, "create or replace table marts.orders as select * from marts.orders order by order_id desc")
    second = read_hashes(publish(again))
    assert second == first
    change(again, "update marts.orders set total_amount = total_amount + 1 where order_id = 'o1'")
    third = read_hashes(publish(again))
    assert [name for name in TABLES if third[name] != first[name]] == ["orders"]


def test_publishing_again_replaces_the_edition(run: Run) -> None:
    assert publish(run) == publish(run)
    assert len(list_editions(run.home)) == 1
    assert read_day(run.home) == DAY


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("update quality.build set run_id = 'other'", StaleBuildError, "2011-09-10 by run other, not"),
        ("drop table quality.build", StaleBuildError, "holds nothing, not"),
        ("update quality.data_quality set run_id = 'other'", GateError, "no results of the published gate"),
        ("drop table quality.data_quality", GateError, "no results of the published gate"),
        ("update quality.data_quality set is_passed = false", GateError, "failed 1 critical rule.*orders: has rows"),
        ("update marts.orders set as_of_date = null where order_id = 'o1'", StaleBuildError, "marts.orders holds None"),
        (
            "update marts.lifecycle_states set as_of_date = date '2011-09-09'",
            StaleBuildError,
            "marts.lifecycle_states holds 2011-09-09",
        ),
        ("drop table marts.churn_risk", WellkeptError, "marts.churn_risk is not in the warehouse"),
    ],
)
def test_what_is_not_right_is_refused_and_the_last_edition_stays(
    run: Run, statement: str, error: type[Exception], message: str
) -> None:
    publish_day(run, -1)
    build(run)
    change(run, statement)
    with pytest.raises(error, match=message):
        publish(run)
    assert read_day(run.home) == DAY - timedelta(days=1)
    assert len(list_editions(run.home)) == 1


def test_a_build_with_other_parameters_is_refused_by_name(run: Run) -> None:
    other = make_run(run.home.root, horizon_days=90, active_gaps=2.0)
    with pytest.raises(StaleBuildError, match=r"active_gaps is 2.0, built with 1.5; horizon_days is 90, built with 60"):
        publish(other)
    publish(make_run(run.home.root, horizon_days=60, kept_editions=3))  # what is kept is no part of the build


def test_what_readers_open_is_readable_and_the_warehouse_is_not(run: Run) -> None:
    before = os.umask(0o022)
    try:
        run.home.warehouse.chmod(0o644)
        publish(run)
    finally:
        os.umask(before)
    modes = [run.home.warehouse, run.home.editions, run.home.published / "manifest.json"]
    assert [oct(stat.S_IMODE(path.stat().st_mode)) for path in modes] == ["0o600", "0o755", "0o644"]


def test_a_run_id_that_cannot_be_a_file_name_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path, run_id="../r")
    build(run)
    with pytest.raises(BadInputError, match="file name"):
        publish(run)


def test_without_room_for_two_nothing_is_written(run: Run) -> None:
    publish_day(run, -1)
    build(run)
    size = run.home.link.stat().st_size
    with pytest.raises(WellkeptError, match="two editions need"):
        publish(run, free_bytes=lambda folder: 2 * size - 1)
    assert read_day(run.home) == DAY - timedelta(days=1)
    publish(run, free_bytes=lambda folder: 2 * size)
    assert read_day(run.home) == DAY


def test_a_write_that_fails_leaves_the_last_edition_and_no_litter(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_day(run, -1)
    build(run)

    def fail(*arguments: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(importlib.import_module("wellkept.editions.publish"), "write_facts", fail)
        with pytest.raises(WellkeptError, match=r"2011-09-10 could not be written.*No space left"):
            publish(run)
    assert read_day(run.home) == DAY - timedelta(days=1)
    assert not list(run.home.editions.glob(".unfinished*"))
    publish(run)
    assert read_day(run.home) == DAY


def test_a_write_ahead_log_beside_the_edition_is_refused(run: Run) -> None:
    path = publish(run)
    Path(path + ".wal").write_bytes(b"")
    with pytest.raises(WellkeptError, match="opened the edition for writing"):
        publish(run)


def test_the_link_never_moves_to_an_earlier_day_by_itself(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    publish(run)
    earlier = publish_day(run, -1)
    assert Path(earlier).exists()
    assert read_day(run.home) == DAY
    assert "wellkept publish --pin 2011-09-09" in caplog.text
    publish_day(run, 1)
    assert read_day(run.home) == DAY + timedelta(days=1)


def test_without_a_link_an_earlier_day_is_not_linked_either(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    publish(run)
    run.home.link.unlink()
    publish_day(run, -1)
    assert read_linked(run.home) is None
    assert "wellkept publish --unpin" in caplog.text
    publish_day(run, 0, "again")
    assert read_day(run.home) == DAY


def test_of_one_day_the_later_published_is_linked(run: Run) -> None:
    publish(run)
    publish_day(run, 0, "a-second-run")
    linked = read_linked(run.home)
    assert linked is not None
    assert linked.run_id == "a-second-run"


def test_a_pin_holds_through_publishing_and_pruning_until_it_is_lifted(run: Run) -> None:
    publish(run)
    publish_day(run, 1)
    assert pin(run.home, DAY) == run.home.editions / "2011-09-10-r1.duckdb"
    for offset in range(2, 6):
        publish_day(run, offset)
    prune(make_run(run.home.root, kept_editions=1))
    assert read_day(run.home) == DAY
    pinned = read_pinned(run.home)
    assert pinned is not None
    assert pinned.as_of_date == DAY
    unpin(run.home)
    assert read_day(run.home) == DAY + timedelta(days=5)
    with pytest.raises(BadInputError, match="no edition of 2001-01-01 to pin; kept are"):
        pin(run.home, date(2001, 1, 1))


def test_prune_keeps_the_newest_and_a_reader_keeps_what_it_has_open(run: Run) -> None:
    publish(run)
    with duckdb.connect(str(run.home.link), read_only=True) as reader:
        for offset in range(1, 5):
            publish_day(run, offset)
        assert prune(make_run(run.home.root, kept_editions=3, run_id="later")) == 2
        days = [edition.as_of_date for edition in list_editions(run.home)]
        assert days == [DAY + timedelta(days=offset) for offset in (2, 3, 4)]
        assert len(list(run.home.editions.glob("*.json"))) == 3
        assert reader.execute("select max(as_of_date), min(total_amount) from orders").fetchone() == (DAY, 0)


def test_prune_stays_within_the_bytes_but_never_removes_what_is_linked(run: Run) -> None:
    for offset in range(4):
        publish_day(run, offset)
    size = run.home.link.stat().st_size
    assert prune(make_run(run.home.root, max_edition_bytes=2 * size, run_id="later")) == 2
    assert prune(make_run(run.home.root, max_edition_bytes=0, run_id="later")) == 1
    assert read_day(run.home) == DAY + timedelta(days=3)


def test_prune_counts_days_and_removes_older_reruns_of_a_day_first(run: Run) -> None:
    publish(run)
    for offset, run_id in ((0, "again"), (1, "b1"), (1, "b2"), (1, "b3"), (2, "c1"), (2, "c2"), (2, "c3")):
        publish_day(run, offset, run_id)
    assert prune(make_run(run.home.root, kept_editions=3, run_id="later")) == 4
    kept = [edition.run_id for edition in list_editions(run.home)]
    assert kept == ["again", "b3", "c2", "c3"], "c2 is what a reader may just have followed the link to"
    pin(run.home, DAY + timedelta(days=2))
    publish_day(run, 2, "c4")
    prune(make_run(run.home.root, kept_editions=3, run_id="later"))
    assert [edition.run_id for edition in list_editions(run.home)] == ["again", "b3", "c3", "c4"]


def test_publishing_a_day_prunes_and_is_done_even_where_that_fails(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for offset in range(4):
        other = make_run(run.home.root, DAY + timedelta(days=offset), f"day{offset}", kept_editions=2)
        build(other)
        publish_and_prune(other)
    assert [edition.run_id for edition in list_editions(run.home)] == ["day2", "day3"]

    def refuse(run: Run) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(importlib.import_module(PUBLISH), "prune", refuse)
    assert publish_and_prune(other).endswith("day3.duckdb")
    assert "could not be removed" in caplog.text


def test_nothing_is_linked_in_an_empty_home(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert (read_linked(run.home), read_manifest(run.home), unpin(run.home), prune(run)) == (None, None, None, 0)


BUILDER = str(Path(edition_builder.__file__).parent)

READER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from edition_builder import read_day
from wellkept.deployment.paths import Home
home, stop, days = Home(Path(sys.argv[1])), Path(sys.argv[3]), []
print("reading", flush=True)
while not stop.exists():
    days.append(str(read_day(home)))
print(json.dumps([len(days), sorted(set(days)), days == sorted(days)]))
"""


def test_a_reader_in_a_loop_sees_only_whole_editions_and_no_error(run: Run, tmp_path: Path) -> None:
    publish(run)
    stop = tmp_path / "stop"
    arguments = [str(run.home.root), BUILDER, str(stop)]
    reader = subprocess.Popen([sys.executable, "-c", READER, *arguments], stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for offset in range(1, 11):
        publish_day(run, offset)
        prune(make_run(run.home.root, DAY + timedelta(days=offset), f"day{offset}", kept_editions=1))
    stop.touch()
    output, _ = reader.communicate(timeout=60)
    reads, days, is_in_order = json.loads(output)
    assert reader.returncode == 0
    assert reads > 10
    assert len(days) > 3
    assert is_in_order


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The hashes of the same day published in peace, in a home of its own."""
    run = make_run(tmp_path_factory.mktemp("undisturbed"), horizon_days=60)
    build(run)
    return read_hashes(publish(run))


# Publishes, and kills itself before or after the n-th call of a function.
KILLED_PUBLISH = """
import importlib, os, sys
from datetime import date
from pathlib import Path
root, tests, module, function, number, moment = sys.argv[1:]
sys.path.insert(0, tests)
from edition_builder import make_run
from wellkept.editions import publish
owner = importlib.import_module(module)
original, calls = getattr(owner, function), []
def killing(*arguments, **named):
    calls.append(1)
    if len(calls) == int(number) and moment == "before":
        os.kill(os.getpid(), 9)
    result = original(*arguments, **named)
    if len(calls) == int(number):
        os.kill(os.getpid(), 9)
    return result
setattr(owner, function, killing)
publish(make_run(Path(root), horizon_days=60))
"""

PUBLISH = "wellkept.editions.publish"


@pytest.mark.parametrize(
    "point",
    [
        (PUBLISH, "copy_table", 1, "before"),
        (PUBLISH, "copy_table", 4, "after"),
        (PUBLISH, "make_manifest", 1, "after"),
        (PUBLISH, "_seal", 1, "after"),
        (PUBLISH, "write_json", 1, "after"),
        (PUBLISH, "sync_folder", 1, "before"),
        (PUBLISH, "advance_link", 1, "before"),
        ("wellkept.editions.link", "_replace_link", 1, "after"),
        (PUBLISH, "advance_link", 1, "after"),
    ],
)
def test_a_publish_killed_anywhere_leaves_a_whole_edition_and_can_be_repeated(
    run: Run, undisturbed: dict[str, str], point: tuple[str, str, int, str]
) -> None:
    publish_day(run, -1)
    build(run)
    arguments = [str(run.home.root), BUILDER, *map(str, point)]
    killed = subprocess.run([sys.executable, "-c", KILLED_PUBLISH, *arguments], check=False, timeout=60)
    assert killed.returncode == -9
    assert read_day(run.home) in (DAY, DAY - timedelta(days=1))
    assert read_manifest(run.home) is not None
    assert read_hashes(publish(run)) == undisturbed
    assert read_day(run.home) == DAY
    left = {path.name for path in run.home.editions.iterdir()}
    assert left == {f"{stem}.{kind}" for stem in ("2011-09-09-day-1", "2011-09-10-r1") for kind in ("duckdb", "json")}
    assert {path.name for path in run.home.published.iterdir()} == {"editions", "manifest.json", "wellkept.duckdb"}
