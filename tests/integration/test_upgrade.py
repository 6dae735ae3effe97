"""A home of the former version goes on as if nothing had been renamed: same champion, no kept day rebuilt."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from former_homes import make_former, plant_pairs

from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.operations.home import FORMAT, upgrade
from wellkept.operations.migrations import Migration


def read_snapshots(home: Path) -> Mapping[tuple[str, date], Any]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute("select table_name, as_of_date, run_id, built_at from features.snapshots").fetchall()
    return {(table, day): made for table, day, *made in rows}


@pytest.fixture(scope="module")
def upgraded(
    finished: Deployment, deliveries: dict[date, Path], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """A home of the former version after `wellkept upgrade` and its next day."""
    deployment = copy_of(finished, tmp_path_factory.mktemp("former"), deliveries[NEXT_DAY])
    pairs = plant_pairs()
    make_former(deployment.home, pairs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wellkept.project.equivalent_definitions.read_pairs", lambda project: tuple(pairs))
        upgrade(Home(deployment.home), Settings(), [Migration(FORMAT, "m_nothing", lambda connection: None)])
    deployment.run(NEXT_DAY)
    return deployment


def test_the_next_day_has_the_same_champion_and_is_what_it_would_have_been(
    upgraded: Deployment, continued: Deployment, finished: Deployment
) -> None:
    champion = "select model_name, model_version from edition"
    assert upgraded.query(champion) == finished.query(champion) != [(None, None)]
    assert upgraded.hashes() == continued.hashes()


def test_the_score_history_is_whole(upgraded: Deployment, finished: Deployment) -> None:
    days = upgraded.query("select distinct as_of_date from churn_risk_history order by all")
    assert days == [(FIRST_DAY,), (NEXT_DAY,)]
    kept = (
        f"select * exclude (as_of_date) from churn_risk_history where as_of_date = '{FIRST_DAY}' order by customer_id"
    )
    assert upgraded.query(kept) == finished.query(kept)


def test_no_kept_day_is_rebuilt_for_the_upgrade(
    upgraded: Deployment, continued: Deployment, finished: Deployment
) -> None:
    before, after, undisturbed = (read_snapshots(one.home) for one in (finished, upgraded, continued))
    assert len(before) > 100
    assert {key: after[key] == made for key, made in before.items()} == {
        key: undisturbed[key] == made for key, made in before.items()
    }
