"""`python -m benchmarks`: what it runs, and what it says where there is no data."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, which is not installed: `python -m` finds it in the clone."""
    monkeypatch.syspath_prepend(ROOT)
    return importlib.import_module("benchmarks.__main__")


def test_without_data_it_says_how_to_give_it(
    benchmarks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks, "ONLINE_RETAIL", tmp_path / "nowhere")
    assert benchmarks.main([]) == 2
    assert "python -m benchmarks FOLDER" in capsys.readouterr().err


def test_a_folder_without_orders_is_refused(
    benchmarks: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks.main([str(tmp_path)]) == 2
    assert f"{tmp_path} holds no orders.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("is_given", [True, False])
def test_the_folder_is_judged_in_fresh_homes(
    benchmarks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_given: bool
) -> None:
    source, homes = tmp_path / "data", tmp_path / "homes"
    source.mkdir()
    (source / "orders.parquet").touch()
    (homes / "2011-03-10").mkdir(parents=True)
    monkeypatch.setattr(benchmarks, "HOMES", homes)
    monkeypatch.setattr(benchmarks, "ONLINE_RETAIL", tmp_path / "nowhere" if is_given else source)
    seen: list[list[str]] = []
    monkeypatch.setattr(benchmarks.online_retail, "main", lambda arguments: seen.append(arguments) or 0)
    assert benchmarks.main([str(source)] if is_given else []) == 0
    assert seen == [[str(source), str(homes)]]
    assert list(homes.iterdir()) == []
