"""A version that a person is to approve: it waits, the champion so far serves, and a yes is a promotion like any other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ml.monitoring.retraining import ask_for_training, needs_training
from ml.promote import find_champion, find_waiting, has_champion, list_versions, promote_waiting
from ml.spec import ModelSpec
from ml.training.train import train
from tests.unit.ml.conftest import DAY
from wellkept.deployment.errors import NotDueError
from wellkept.runs.run import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def asking(shop: Run) -> Run:
    return replace(shop, needs_approval=True)


def test_what_waits_does_not_speak_until_it_is_approved(asking: Run, spec: ModelSpec) -> None:
    trained = train(asking)
    assert trained["models"]["churn_risk"]["is_promoted"] is False
    assert not has_champion(asking)
    assert [version.model_version for version in find_waiting(asking)] == [trained["model_version"]]
    assert promote_waiting(asking) == {"churn_risk": trained["model_version"]}
    champion = find_champion(asking, spec)
    assert champion is not None
    assert (champion.model_version, champion.promoted_as_of) == (trained["model_version"], DAY)
    assert find_waiting(asking) == []
    with pytest.raises(NotDueError, match="waits for approval"):
        promote_waiting(asking)


def test_the_champion_so_far_speaks_while_another_waits(shop: Run, spec: ModelSpec) -> None:
    first = train(shop)["model_version"]
    later = replace(shop, as_of_date=DAY + timedelta(days=7), run_id="later", needs_approval=True)
    second = train(later)["model_version"]
    champion = find_champion(later, spec)
    assert champion is not None
    assert champion.model_version == first != second
    promote_waiting(later)
    assert [found.model_version for run in (shop, later) if (found := find_champion(run, spec))] == [first, second]


def test_what_waits_is_trained_no_second_time_and_asked_for_no_second_time(asking: Run) -> None:
    trained = train(asking)
    assert not needs_training(asking)
    assert needs_training(replace(asking, needs_approval=False)), (
        "without a person to ask, a day without a model trains"
    )
    assert train(replace(asking, run_id="again")) == trained
    with pytest.raises(NotDueError):
        ask_for_training(replace(asking, as_of_date=DAY + timedelta(days=1)))
    assert ask_for_training(replace(asking, as_of_date=DAY + timedelta(days=7)))
    assert len(list_versions(asking)) == 1


def test_training_again_without_asking_promotes_what_waited(asking: Run, spec: ModelSpec) -> None:
    waiting = train(asking)["model_version"]
    trained = train(replace(asking, run_id="again", needs_approval=False))
    assert (trained["model_version"], trained["models"]["churn_risk"]["is_promoted"]) == (waiting, True)
    champion = find_champion(asking, spec)
    assert champion is not None
    assert champion.model_version == waiting


def test_a_person_is_told_how_it_did_beside_the_best_simple_rule(asking: Run) -> None:
    lead = train(asking)["models"]["churn_risk"]["lead"]
    assert "Mean log-loss of the test days" in lead
    assert "the best simple rule" in lead
