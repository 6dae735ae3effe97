"""`wellkept demo` founds its company in a home of its own, and never in one that holds something else."""

from pathlib import Path

import pytest

from wellkept.cli.demo import found_company
from wellkept.errors import BadInputError
from wellkept.paths import Home


def test_the_company_is_founded_under_the_home_and_again_the_same(tmp_path: Path) -> None:
    first = found_company(Home(tmp_path), seed=1, customers=200)
    before = (first.folder / "orders.parquet").read_bytes()
    second = found_company(Home(tmp_path), seed=1, customers=200)
    assert first == second
    assert first.folder == tmp_path / "demo" / "landing"
    assert (first.folder / "orders.parquet").read_bytes() == before


def test_another_company_needs_another_home(tmp_path: Path) -> None:
    found_company(Home(tmp_path), seed=1, customers=200)
    with pytest.raises(BadInputError, match="another demo company"):
        found_company(Home(tmp_path), seed=2, customers=200)


def test_a_home_with_other_data_is_left_alone(tmp_path: Path) -> None:
    Home(tmp_path).warehouse.touch()
    with pytest.raises(BadInputError, match="not the demo's"):
        found_company(Home(tmp_path), seed=1, customers=200)
    assert not (tmp_path / "demo").exists()
