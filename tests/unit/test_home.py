"""The home's format and modes: made, checked, upgraded."""

import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from features import snapshots
from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.operations import migrations
from wellkept.operations.home import FORMAT, open_home, read_format, upgrade
from wellkept.operations.migrations import Migration, load_migrations


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def read_mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write_format(home: Home, number: int) -> None:
    home.root.mkdir(parents=True, exist_ok=True)
    home.format_file.write_text(json.dumps({"format": number, "created_by": "0.0.1"}))


def fill_warehouse(home: Home) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create schema raw; create table raw.orders as select 'o1' as order_id")
        connection.execute("create schema marts; create table marts.orders as select 'o1' as order_id")


def add_column(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("alter table raw.orders add column channel varchar")


def fail(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("alter table raw.orders add column half varchar")
    raise ValueError("killed in the middle")


def test_a_new_home_gets_the_present_format_and_opens_again(home: Home) -> None:
    open_home(home)
    open_home(home)
    assert read_format(home) == FORMAT
    assert json.loads(home.format_file.read_text())["created_by"]


@pytest.mark.usefixtures("usual_umask")
def test_all_but_what_is_published_is_private(home: Home) -> None:
    open_home(home)
    assert read_mode(home.root) == 0o711, "readers pass through"
    assert {path.name: oct(read_mode(path)) for path in home.root.iterdir() if path.is_dir()} == {
        **dict.fromkeys(
            ("landing", "runs", "scratch", "training", "models", "airflow", "mlflow", "dbt"),
            "0o700",
        ),
        "published": "0o755",
    }
    assert read_mode(home.editions) == 0o755


@pytest.mark.usefixtures("usual_umask")
def test_a_home_made_readable_for_all_is_closed_and_a_stricter_one_stays(home: Home) -> None:
    home.landing_root.mkdir(parents=True)
    (home.root / "demo").mkdir()
    home.mlflow_database.touch()
    home.warehouse.touch()
    write_format(home, FORMAT)
    home.runs.mkdir(mode=0o500)
    open_home(home)
    found = [oct(read_mode(path)) for path in (home.landing_root, home.root / "demo", home.mlflow_database)]
    assert found == ["0o700", "0o711", "0o600"], "the demo database's own user passes through demo/"
    assert oct(read_mode(home.warehouse)) == "0o600"
    assert oct(read_mode(home.runs)) == "0o500"


@pytest.mark.usefixtures("usual_umask")
def test_who_does_not_own_the_home_can_use_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_home(home)
    home.landing_root.chmod(0o755)
    home.runs.chmod(0o755)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    with caplog.at_level(logging.DEBUG, "wellkept.deployment.permissions"):
        open_home(home)
    [record] = caplog.records
    assert record.levelno == logging.DEBUG
    assert "landing" in record.message


def test_a_warehouse_that_is_gone_is_not_replaced_in_silence(home: Home) -> None:
    open_home(home)
    home.runs.joinpath("r1.json").write_text("{}")
    open_home(home)  # a first run that failed before it made the warehouse can be repeated
    (home.editions / "2011-09-10-r1.duckdb").touch()
    with pytest.raises(WellkeptError, match=r"warehouse\.duckdb is gone.*2011-09-10.*backup.*fresh folder"):
        open_home(home)
    fill_warehouse(home)
    open_home(home)


def test_the_newest_migration_leads_to_the_present_format() -> None:
    assert max([1, *(migration.number for migration in load_migrations())]) == FORMAT


def test_a_newer_format_is_refused(home: Home) -> None:
    write_format(home, FORMAT + 1)
    with pytest.raises(WellkeptError, match="newer Wellkept"):
        open_home(home)
    with pytest.raises(WellkeptError, match="newer Wellkept"):
        upgrade(home, Settings())


def test_an_older_format_says_upgrade(home: Home) -> None:
    write_format(home, FORMAT - 1)
    with pytest.raises(WellkeptError, match="wellkept upgrade"):
        open_home(home)


def test_a_warehouse_of_unknown_format_is_refused(home: Home) -> None:
    home.root.mkdir()
    fill_warehouse(home)
    with pytest.raises(WellkeptError, match="format is unknown"):
        open_home(home)


def test_an_unreadable_format_file_is_refused(home: Home) -> None:
    home.root.mkdir()
    home.format_file.write_text("{")
    with pytest.raises(WellkeptError, match="cannot be read"):
        open_home(home)


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WellkeptError, match="WELLKEPT_HOME"):
        open_home(Home(tmp_path / "file" / "home"))


def test_upgrade_backs_up_migrates_and_drops_what_dbt_rebuilds(home: Home) -> None:
    write_format(home, 1)
    fill_warehouse(home)
    assert upgrade(home, Settings(), [Migration(2, "m0002_channel", add_column)]) == ["m0002_channel"]
    assert read_format(home) == FORMAT
    with duckdb.connect(str(home.warehouse)) as connection:
        assert connection.execute("select * from raw.orders").fetchall() == [("o1", None)]
        assert connection.execute("select count(*) from duckdb_tables() where schema_name = 'marts'").fetchone() == (0,)
    with duckdb.connect(str(home.root / "backups" / "warehouse-format-1.duckdb"), read_only=True) as backup:
        assert backup.execute("select * from raw.orders").fetchall() == [("o1",)]
        assert backup.execute("select * from marts.orders").fetchall() == [("o1",)]


def test_an_upgrade_that_failed_in_the_middle_goes_on_where_it_stopped(home: Home) -> None:
    write_format(home, 1)
    fill_warehouse(home)
    done = Migration(2, "m0002_channel", add_column)
    with pytest.raises(ValueError, match="killed"):
        upgrade(home, Settings(), [done, Migration(3, "m0003_half", fail)])
    assert read_format(home) == 1
    upgrade(home, Settings(), [done, Migration(3, "m0003_half", lambda connection: None)])
    assert read_format(home) == 3
    with duckdb.connect(str(home.warehouse)) as connection:
        columns = connection.execute("select column_name from duckdb_columns() where table_name = 'orders'").fetchall()
    assert columns == [("order_id",), ("channel",)]


def test_an_upgrade_with_nothing_to_do_does_nothing(home: Home) -> None:
    open_home(home)
    assert upgrade(home, Settings()) == []
    assert not (home.root / "backups").exists()


def test_notes_on_snapshots_of_the_first_release_go_and_are_taken_anew() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema features; create table features.snapshots (table_name varchar not null, as_of_date date not null, "
            "raw_hash varchar not null, primary key (table_name, as_of_date)); "
            "insert into features.snapshots values ('feature_customer__orders', '2026-01-05', 'raw')"
        )
        connection.begin()
        load_migrations()[0].apply(connection)
        connection.commit()
        snapshots.create_tables(connection)
        assert connection.execute("from features.snapshots").fetchall() == []


def test_migrations_are_found_in_order_and_gaps_refused(tmp_path: Path) -> None:
    (tmp_path / "m0002_first.sql").write_text("create table first (a integer)")
    (tmp_path / "m0003_second.sql").write_text("create table second (a integer)")
    (tmp_path / "notes.txt").write_text("")
    found = load_migrations(tmp_path, migrations.__name__)
    assert [(migration.number, migration.name) for migration in found] == [(2, "m0002_first"), (3, "m0003_second")]
    with duckdb.connect() as connection:
        found[1].apply(connection)
        assert connection.execute("select count(*) from second").fetchone() == (0,)
    (tmp_path / "m0005_gap.sql").write_text("")
    with pytest.raises(WellkeptError, match="without gaps"):
        load_migrations(tmp_path, migrations.__name__)
