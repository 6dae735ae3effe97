"""The Feast export in Feast: point in time and online it says what our own tables say."""

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deployments import NEXT_DAY, Deployment, copy_of
from feast_environment import feast_environment, quiet_environment

from features.reads import read
from features.registry import load
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.warehouse.connecting import connect

pytestmark = pytest.mark.soak

ANSWERS = Path(__file__).parents[1] / "support" / "feast_answers.py"
NAMES = [feature.name for feature in load()]


@pytest.fixture(scope="module")
def answers(continued: Deployment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Feast says of an export, once it is applied and the newest day materialized, against what we say."""
    folder = tmp_path_factory.mktemp("feast")
    home, repository, questions = copy_of(continued, folder), folder / "repository", folder / "questions"
    home.call("features", "export-feast", str(repository))
    days = [date.fromisoformat(day) for day in json.loads((repository / "wellkept.json").read_text())["days"]]
    assert len(days) > 20
    assert days[-1] == NEXT_DAY
    assert days[0] + timedelta(days=1) not in days
    questions.mkdir()
    write_questions(home, questions, days)
    call(repository, "feast", "apply")
    call(repository, "feast", "materialize", f"{NEXT_DAY}T00:00:00", f"{NEXT_DAY}T23:59:59")
    answers: dict[str, Any] = json.loads(call(repository, "python", str(ANSWERS), str(questions)).splitlines()[-1])
    return answers


def write_questions(home: Deployment, folder: Path, days: list[date]) -> None:
    """A spine of some held days: each customer of the last one, somebody unknown, and one row twice; and the newest rows."""
    run = make_run(NEXT_DAY, settings=Settings(home=home.home))
    with connect(run, "asking what Feast is asked") as connection:
        customers = connection.execute(
            "select distinct customer_id from features.feature_customer__orders order by 1"
        ).fetchall()
        keys = [(customer, day) for day in (days[0], days[len(days) // 2], *days[-3:]) for (customer,) in customers]
        keys += [("nobody", days[-1]), keys[-1]]
        spine = pa.table(
            {
                "row": range(len(keys)),
                "customer_id": [customer for customer, _ in keys],
                "as_of_date": pa.array([day for _, day in keys], pa.date32()),
            }
        )
        pq.write_table(read(connection, spine, NAMES), folder / "spine.parquet")
        newest = connection.execute(
            "select customer_id, as_of_date from features.feature_customer__orders where as_of_date = ? order by 1",
            [NEXT_DAY],
        ).to_arrow_table()
        pq.write_table(read(connection, newest, NAMES), folder / "newest.parquet")


def call(folder: Path, *command: str) -> str:
    """What a command of Feast's environment printed, in the repository."""
    words = [str(feast_environment() / command[0]), *command[1:]]
    done = subprocess.run(words, cwd=folder, env=quiet_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("question", ["history", "history in the afternoon", "online"])
def test_feast_gives_what_we_give_for_all_features_with_their_nulls(answers: dict[str, Any], question: str) -> None:
    answer = answers[question]
    assert answer["columns"] == sorted(NAMES)
    assert answer["differing"] == {}
    assert answer["rows"] > 300
    assert 0 < answer["nulls"] < answer["values"]


def test_the_service_of_a_model_has_exactly_its_features(answers: dict[str, Any]) -> None:
    models = {model for feature in load() for model in feature.models}
    assert models == {"churn_risk", "subscription_churn_risk"}
    for model in models:
        answer = answers[f"service {model}"]
        assert answer["columns"] == sorted(feature.name for feature in load() if model in feature.models)
        assert answer["differing"] == {}


def test_a_day_that_is_not_exported_has_no_values_of_the_day_before(answers: dict[str, Any]) -> None:
    assert answers["known on a day that is not exported"] == 0
