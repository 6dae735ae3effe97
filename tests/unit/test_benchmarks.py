"""`python -m benchmarks`: what it runs, and what it says where there is no data."""

import importlib
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import duckdb
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


def test_the_marts_are_measured_with_the_words_that_follow(
    benchmarks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(benchmarks.marts, "main", lambda arguments: seen.append(arguments) or 0)
    assert benchmarks.main(["marts", "--customers", "300"]) == 0
    assert seen == [["--customers", "300"]]


def test_a_made_up_shop_delivers_each_day_what_happened_before_it(benchmarks: ModuleType, tmp_path: Path) -> None:
    shop = benchmarks.marts.made_up_shop
    rows = shop.deliver(tmp_path / "delivery", customers=300, threads=1, memory_limit="1GB")
    assert rows["orders"] > 2_000
    assert {file.name for file in (tmp_path / "delivery").iterdir()} > {"orders", "customers", "products.parquet"}
    for file in sorted((tmp_path / "delivery" / "orders").iterdir()):
        first, last = duckdb.sql(f"select min(ordered_at)::date, max(ordered_at)::date from '{file}'").fetchall()[0]
        assert last == date.fromisoformat(file.stem) - timedelta(days=1)
    assert first == shop.LAST_DAY
