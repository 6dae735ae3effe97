"""What a migration makes of a home of the format before: the same tables as a new home has, with all that was there."""

import json
from pathlib import Path

import duckdb
import pytest

from ml.predictions import PREDICTIONS, SCORINGS, ensure_prediction_tables
from ml.value.monthly import define_models
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings
from wellkept.operations.home import open_home, upgrade
from wellkept.project.parameters import Parameters

SCORES = "scores.feature_customer__churn_risk"
IN_FORMAT_2 = (
    "customer_id varchar not null, as_of_date date not null, model_name varchar not null, model_version varchar not null, "
    "is_champion boolean not null, churn_risk double, raw_score double, risk_decile integer, risk_band varchar, "
    "is_eligible boolean not null, ineligible_reason varchar, base_rate double, expected_value_365d double, value_at_risk double, "
    + "".join(
        f"reason_{number}_feature varchar, reason_{number}_value double, reason_{number}_contribution double, "
        f"reason_{number}_sentence varchar, "
        for number in (1, 2, 3)
    )
    + "horizon_days integer not null, feature_set_hash varchar not null, scored_at timestamp not null"
)
ADDED_IN_FORMAT_2 = (
    "reasons_by varchar",
    "previous_as_of_date date",
    "previous_risk double",
    "change_by_data double",
    "change_by_model double",
    "change_sentence varchar",
)
ROWS = """
(values
    ('a', date '2026-01-05', 'churn_risk', 'v1', 0.4, true, 0.3, 50.0),
    ('b', date '2026-01-05', 'churn_risk', 'v1', null, false, 0.3, 10.0),
    ('a', date '2026-01-06', 'churn_risk', 'v2', 0.5, true, 0.2, 51.0),
    ('b', date '2026-01-06', 'churn_risk', 'v2', 0.6, true, 0.2, 11.0),
    ('b', date '2026-01-06', 'subscription_churn_risk', 's1', null, false, 0.1, 11.0)
) as rows (customer_id, as_of_date, model_name, model_version, churn_risk, is_eligible, base_rate, expected_value_365d)
"""


@pytest.fixture(params=[(), ADDED_IN_FORMAT_2], ids=["before changes", "with changes"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    """A home of format 2 that has scored two days: its score table with and without the columns that were added."""
    home = Home(tmp_path / "home")
    open_home(home)
    home.format_file.write_text('{"format": 2}')
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"create schema scores; create table {SCORES} ({IN_FORMAT_2})")
        for column in request.param:
            connection.execute(f"alter table {SCORES} add column {column}")
        connection.execute(
            f"insert into {SCORES} by name select *, true as is_champion, ln(churn_risk / (1 - churn_risk)) as raw_score, "
            "case when churn_risk is not null then 10 end as risk_decile, 90 as horizon_days, 'hash' as feature_set_hash, "
            f"timestamp '2026-01-06 04:00' as scored_at from {ROWS}"
        )
    return home


def read(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.warehouse)) as connection:
        return connection.execute(query).fetchall()


def test_what_was_said_becomes_predictions_and_scorings(home: Home) -> None:
    upgrade(home, Settings())
    assert read(home, f"select customer_id, as_of_date::varchar, model_version, churn_risk from {PREDICTIONS}") == [
        ("a", "2026-01-05", "v1", 0.4),
        ("a", "2026-01-06", "v2", 0.5),
        ("b", "2026-01-06", "v2", 0.6),
    ]
    said = "as_of_date::varchar, model_name, model_version, population, base_rate, customers_scored"
    assert read(home, f"select {said} from {SCORINGS} order by all") == [
        ("2026-01-05", "churn_risk", "v1", "int_customers_qualified", 0.3, 1),
        ("2026-01-06", "churn_risk", "v2", "int_customers_qualified", 0.2, 2),
        ("2026-01-06", "subscription_churn_risk", "s1", "int_subscribers_qualified", 0.1, 0),
    ]


def test_the_history_of_scores_is_whole_after_an_upgrade(home: Home) -> None:
    columns = [str(name) for (name,) in read(home, f"select column_name from (describe {SCORES})")]
    query = f"select {', '.join(columns)} from {SCORES} order by as_of_date, model_name, customer_id"
    before = read(home, query)
    upgrade(home, Settings())
    assert read(home, query) == before


@pytest.mark.parametrize("currency", ["", "EUR"])
def test_the_months_models_of_customer_value_go_on(home: Home, currency: str) -> None:
    version_1 = json.dumps({"version": 1, "reporting_currency": currency})
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table scores.value_models (fitted_as_of date primary key, definition varchar)")
        connection.execute("insert into scores.value_models values ('2026-01-01', ?)", [version_1])
        connection.execute("""insert into scores.value_models values ('2025-12-01', '{"version": 0}')""")
    upgrade(home, Settings())
    assert read(home, "select definition from scores.value_models order by fitted_as_of") == [
        ('{"version": 0}',),
        (define_models(Parameters({"reporting_currency": currency, "horizon_days": 61})),),
    ]


def test_the_tables_are_those_of_a_new_home(home: Home) -> None:
    upgrade(home, Settings())
    described = 'select column_name, column_type, "null", key from (describe {})'
    with duckdb.connect() as new:
        ensure_prediction_tables(new)
        for table in (PREDICTIONS, SCORINGS):
            assert read(home, described.format(table)) == new.execute(described.format(table)).fetchall()


def test_a_home_that_never_scored_upgrades(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    open_home(home)
    home.format_file.write_text('{"format": 2}')
    duckdb.connect(str(home.warehouse)).close()
    assert upgrade(home, Settings()) == ["m0003_predictions"]
    with duckdb.connect(str(home.warehouse)) as connection:
        ensure_prediction_tables(connection)
