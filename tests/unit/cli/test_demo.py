"""What the demo says and sets before anything is founded."""

from pathlib import Path

from ml.spec import load_specs
from wellkept.cli.demo import _describe_search, _searching_less
from wellkept.deployment.settings import Settings

_UNSET = {"choice_days": None, "tuning_trials": None}


def test_the_demo_says_that_it_searches_less(tmp_path: Path) -> None:
    settings = _searching_less(Settings(home=tmp_path, **_UNSET))
    assert (settings.choice_days, settings.tuning_trials) == (3, 0)
    assert settings.home_paths.root == tmp_path
    assert _describe_search(settings) == (
        "a smaller search than a real shop's: 3 past days to choose on, 0 tuning trials"
    )


def test_whoever_says_how_much_is_searched_is_heeded(tmp_path: Path) -> None:
    settings = _searching_less(Settings(home=tmp_path, choice_days=6, tuning_trials=8))
    assert (settings.choice_days, settings.tuning_trials) == (6, 8)
    assert "smaller" not in _describe_search(settings)


def test_the_demo_has_days_enough_to_choose(tmp_path: Path) -> None:
    settings = _searching_less(Settings(home=tmp_path, **_UNSET))
    assert all(settings.choice_days >= spec.choices.min_days for spec in load_specs())
