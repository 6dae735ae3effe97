"""Publishing: one day's tables become a file of their own, and the link moves to it whole."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home
from wellkept.editions.facts import read_facts, write_facts
from wellkept.editions.link import advance_link
from wellkept.editions.manifest import make_manifest
from wellkept.editions.prune import prune
from wellkept.editions.shelf import Edition, hold_shelf, list_editions, name_edition, sync_folder, write_json
from wellkept.editions.tables import PublishedTable, check_days, copy_table
from wellkept.editions.verdict import require_build, require_passed_gate
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect
from wellkept.warehouse.sql import literal

_LOG = get_logger(__name__)

# What an edition holds, besides the table `edition` (facts.py). The one list.
PUBLISHED_TABLES = (
    PublishedTable("customers"),
    PublishedTable("customer_contacts", only_if="publish_direct_identifiers"),
    PublishedTable("customer_keys"),
    PublishedTable("orders"),
    PublishedTable("touchpoints"),
    PublishedTable("journeys"),
    PublishedTable("journey_steps"),
    PublishedTable("attributions"),
    PublishedTable("lifecycle_states"),
    PublishedTable("lifecycle_flow"),
    PublishedTable("segments"),
    PublishedTable("subscriptions"),
    PublishedTable("subscription_periods"),
    PublishedTable("retention_kpis"),
    PublishedTable("cohort_retention"),
    PublishedTable("churn_risk"),
    PublishedTable("churn_risk_history", is_of_one_day=False),
    PublishedTable("customer_value", schema="scores", is_of_one_day=False, where="as_of_date = ?"),
    PublishedTable("value_models", schema="scores", is_of_one_day=False, where="fitted_as_of <= ?"),
    PublishedTable("subscription_churn_risk"),
    PublishedTable("model_versions", is_of_one_day=False),
    PublishedTable("feature_registry", schema="features"),
    PublishedTable("feature_drift", schema="quality", is_of_one_day=False, where="as_of_date <= ?"),
    PublishedTable("score_drift", schema="quality", is_of_one_day=False, where="as_of_date <= ?"),
    PublishedTable("model_performance", schema="quality", is_of_one_day=False, where="as_of_date <= ?"),
    PublishedTable(
        "leak_audit",
        schema="quality",
        is_of_one_day=False,
        where="as_of_date = (select max(as_of_date) from quality.leak_audit where as_of_date <= ?)",
    ),
    PublishedTable("data_quality", schema="quality", is_of_one_day=False, where="as_of_date = ?"),
)

_READ_ONLY = 0o440
_DATABASE = "edition_file"
_UNFINISHED = ".unfinished-"


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def publish(run: Run, free_bytes: Callable[[Path], int] = free_bytes) -> str:
    """The path of the run's edition, which readers have from here on; a repeated call replaces it.

    Refuses without this run's build and a passed gate. Whatever goes wrong, and whenever it is killed, readers keep
    the edition they had; an edition of an earlier day than theirs is written and kept, but not linked.
    """
    run.home.editions.mkdir(parents=True, exist_ok=True)  # out here: what is made inside is private
    with connect(run, f"publishing the edition of {run.as_of_date}") as connection:
        edition = name_edition(run.home, run.as_of_date, run.run_id)
        require_build(connection, run)
        verdict = require_passed_gate(connection, run)
        check_days(connection, _tables_of(run), run.as_of_date)
        _clear_unfinished(run.home)
        _require_room(run, free_bytes)
        _write_edition(connection, run, edition, verdict)
        with hold_shelf(run.home):
            advance_link(run.home, edition)
    _LOG.info("published the edition of %s: %s", run.as_of_date, edition.path)
    return str(edition.path)


def publish_and_prune(run: Run) -> str:
    """Publish, then remove old editions; the edition is out even if one of those could not be removed."""
    path = publish(run)
    try:
        prune(run)
    except OSError as error:
        _LOG.warning("old editions under %s could not be removed (%s)", run.home.editions, error.strerror)
    return path


def _tables_of(run: Run) -> list[PublishedTable]:
    return [table for table in PUBLISHED_TABLES if not table.only_if or run.parameters.flag(table.only_if)]


def _write_edition(connection: duckdb.DuckDBPyConnection, run: Run, edition: Edition, verdict: dict[str, Any]) -> None:
    unfinished = run.home.editions / f"{_UNFINISHED}{os.getpid()}.duckdb"
    try:
        manifest = _fill(connection, run, unfinished, verdict)
        _seal(unfinished, edition.path)
        # Never the file without its manifest: whoever sees the edition can read what it is.
        write_json(edition.manifest_path, {**manifest, "bytes": unfinished.stat().st_size, "file": edition.path.name})
        unfinished.replace(edition.path)
        sync_folder(run.home.editions)
    except (OSError, duckdb.Error) as error:
        raise WellkeptError(
            f"the edition of {run.as_of_date} could not be written ({str(error).splitlines()[0]}); the last one stays. "
            f"Look whether the disk under {run.home.editions} is full, then run the step publish_edition again"
        ) from error
    finally:
        _clear_unfinished(run.home)


def _fill(connection: duckdb.DuckDBPyConnection, run: Run, unfinished: Path, verdict: dict[str, Any]) -> dict[str, Any]:
    connection.execute(f"attach {literal(str(unfinished))} as {_DATABASE}")
    for table in _tables_of(run):
        copy_table(connection, table, _DATABASE, [run.as_of_date])
    facts = read_facts(connection, run)
    write_facts(connection, _DATABASE, facts)
    connection.execute(f"checkpoint {_DATABASE}")
    manifest = make_manifest(connection, run, _DATABASE, facts, verdict)
    connection.execute(f"detach {_DATABASE}")
    return manifest


def _seal(unfinished: Path, target: Path) -> None:
    """On disk, read-only, and with no write-ahead log beside it or beside the file it will replace."""
    for path in (unfinished, target):
        log = path.with_name(path.name + ".wal")
        if log.exists():
            raise WellkeptError(
                f"{log} lies beside an edition: a program has opened the edition for writing. "
                "Close it, move that file away, let it open editions read-only, then run the step publish_edition again"
            )
    unfinished.chmod(_READ_ONLY)
    descriptor = os.open(unfinished, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clear_unfinished(home: Home) -> None:
    """Remove what killed runs left; only who holds the writer lock writes here, so nothing of it is in use."""
    for path in home.editions.glob(f"{_UNFINISHED}*"):
        path.unlink(missing_ok=True)
    for manifest in home.editions.glob("*.json"):
        if not manifest.with_suffix(".duckdb").exists():
            manifest.unlink(missing_ok=True)


def _require_room(run: Run, free_bytes: Callable[[Path], int]) -> None:
    editions = list_editions(run.home)
    # The first edition has no measure but the warehouse, which holds more than it will.
    size = (editions[-1].path if editions else run.home.warehouse).stat().st_size
    free = free_bytes(run.home.editions)
    if free < 2 * size:
        raise WellkeptError(
            f"the edition of {run.as_of_date} was not published and the last one stays: {run.home.editions} has "
            f"{free / 1e6:.0f} MB free and two editions need {2 * size / 1e6:.0f} MB. Make room, or lower "
            "kept_editions and prune, then run the step publish_edition again"
        )
