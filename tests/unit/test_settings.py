"""What a deployment sets: each wrong value is one message that names it."""

from datetime import date
from pathlib import Path

import pytest

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import read_settings
from wellkept.operations.configuration import load_config
from wellkept.operations.new_run import make_run
from wellkept.project.parameters import Parameters, parse_overrides


def write_source(folder: Path, *lines: str) -> Path:
    file = folder / "wellkept.toml"
    file.write_text("\n".join(["[sources.shop]", 'path = "shop"', *lines]))
    return file


@pytest.mark.parametrize(("name", "value"), [("WELLKEPT_THREADS", "abc"), ("WELLKEPT_LOCK_TIMEOUT_SECONDS", "-1")])
def test_a_wrong_variable_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInputError, match=name):
        read_settings()
    with pytest.raises(BadInputError, match=name):
        make_run(date(2026, 1, 1))


def test_a_given_home_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WELLKEPT_HOME", "/elsewhere")
    assert read_settings(tmp_path).home_paths.root == tmp_path
    assert read_settings().home_paths.root == Path("/elsewhere")


def test_a_configuration_that_is_named_must_be_there_and_the_default_need_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WELLKEPT_CONFIG", raising=False)
    assert make_run(date(2026, 1, 1)).sources == {}
    monkeypatch.setenv("WELLKEPT_CONFIG", "none.toml")
    with pytest.raises(BadInputError, match=r"WELLKEPT_CONFIG names none\.toml"):
        make_run(date(2026, 1, 1))


def test_a_relative_path_of_a_source_starts_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_source(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_config(file).sources["shop"].path == tmp_path / "shop"
    assert load_config(Path("../wellkept.toml")).sources["shop"].path.resolve() == tmp_path / "shop"


@pytest.mark.parametrize(
    "line", ['encoding = "utf-nine"', 'encoding = "hex"', 'timezone = "Mars/Phobos"', 'timezone = "Europe"']
)
def test_an_unknown_encoding_or_timezone_is_named_when_the_file_is_read(line: str, tmp_path: Path) -> None:
    key = line.split(maxsplit=1)[0]
    with pytest.raises(BadInputError, match=rf"sources\.shop\.{key}: '.*' is not a known"):
        load_config(write_source(tmp_path, line))


@pytest.mark.parametrize("line", ['encoding = "utf-16"', 'encoding = "cp1252"', 'timezone = "Europe/London"'])
def test_known_encodings_and_timezones_pass(line: str, tmp_path: Path) -> None:
    load_config(write_source(tmp_path, line))


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is a folder"):
        load_config(tmp_path)


@pytest.mark.parametrize("name", ["horizon_days", "eligible_days", "onboarding_days", "default_gap_days"])
def test_a_window_has_at_least_one_day(name: str) -> None:
    with pytest.raises(BadInputError, match=f"{name}.*at least 1"):
        Parameters({name: 0})
    assert Parameters({name: 1}).integer(name) == 1


def test_a_limit_may_be_zero_and_must_be_finite() -> None:
    assert Parameters({"late_days": 0}).integer("late_days") == 0
    with pytest.raises(BadInputError, match="finite"):
        parse_overrides(["max_quarantined_share=.nan"])


@pytest.mark.parametrize(
    "item", ["reporting_currency=[a", "reporting_currency=2026-13-99", "horizon_days=!!python/x y"]
)
def test_an_override_that_is_no_value_is_bad_input(item: str) -> None:
    with pytest.raises(BadInputError, match="is not a value"):
        parse_overrides([item])
