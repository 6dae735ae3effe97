"""What other shops deliver: orders alone, too little, or something that cannot be used."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from begun_home import begin_home
from deployments import Deployment

from wellkept.demo.company import write_landing

DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    write_landing(folder, seed=3, customers=800, last_day=DAY)
    return folder


def test_three_columns_of_orders_are_enough_for_a_churn_risk(company: Path, begun: Path, tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    duckdb.execute(
        f"copy (select order_id, customer_id, ordered_at from '{company}/orders.parquet') to '{tmp_path}/orders/all.csv'"
    )
    deployment = Deployment(tmp_path / "home", tmp_path)
    begin_home(begun, deployment.home)
    printed = deployment.run(DAY).stdout
    assert "riskiest valuable customers" in printed
    eligible, scored, lowest, highest = deployment.query(
        "select count(*) filter (where is_eligible), count(churn_risk), min(churn_risk), max(churn_risk) from churn_risk"
    )[0]
    assert eligible == scored > 250
    assert lowest < 0.3
    assert highest > 0.7
    assert deployment.query("select count(spend) from customers") == [(0,)]


@pytest.mark.soak
def test_too_little_history_publishes_all_but_scores_and_says_why(company: Path, tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    duckdb.execute(
        f"copy (select * from '{company}/orders.parquet' where ordered_at > timestamp '2026-10-01') "
        f"to '{tmp_path}/orders/orders.parquet'"
    )
    deployment = Deployment(tmp_path / "home", tmp_path / "orders")
    assert "No scores: " in deployment.run(DAY).stdout
    assert deployment.query("select count(*) from churn_risk") == [(0,)]
    assert deployment.query("select count(*) from customers")[0][0] > 100
    reason = deployment.query("select scores_missing_reason from edition")[0][0]
    assert "churn_risk: 0 training days have a known label on 2026-11-20" in reason


def test_a_missing_column_ends_with_2_and_one_message(begun: Path, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_id,ordered_at\na,2026-01-01\n")
    deployment = Deployment(tmp_path / "home", tmp_path)
    begin_home(begun, deployment.home)
    done = deployment.run(DAY, expect=2)
    assert "orders for 2026-11-20: orders.csv has no column customer_id" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (deployment.home / "published" / "wellkept.duckdb").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--as-of", "2026-11-20", "--source", "/nowhere/at/all"), "there is no such folder"),
        (("run", "--as-of", "20th of May"), "give one as YYYY-MM-DD"),
        (("run", "--as-of", "2026-11-20", "--set", "horizon_day=60"), "did you mean 'horizon_days'"),
        (("run", "--as-of", "2026-11-20", "--set", "horizon_days=soon"), "must be a whole number"),
    ],
)
def test_bad_arguments_end_with_2_and_one_message(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = Deployment(tmp_path / "home", tmp_path).call(*arguments, expect=2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_key_in_the_configuration_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "wellkept.toml"
    config.write_text('[sources.shop]\npath = "landing"\ntimezones = "UTC"\n')
    monkeypatch.setenv("WELLKEPT_CONFIG", str(config))
    done = Deployment(tmp_path / "home", tmp_path).call("run", "--as-of", "2026-11-20", expect=2)
    assert "sources.shop.timezones: unknown key" in done.stderr
