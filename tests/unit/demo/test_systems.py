"""`wellkept demo` founds its company in a home of its own, and never in one that holds something else."""

import json
from pathlib import Path

import pytest

from wellkept.demo.company import Charter
from wellkept.demo.systems import advance_company, found_company
from wellkept.demo.truth import LAST_DAY
from wellkept.errors import BadInputError
from wellkept.paths import Home

SMALL = Charter(seed=1, customers=200)


def test_another_company_needs_another_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.demo.mkdir()
    known = {"seed": 2, "customers": 200, "first_day": str(SMALL.first_day), "today": str(LAST_DAY)}
    (home.demo / "company.json").write_text(json.dumps(known))
    with pytest.raises(BadInputError, match="another demo company"):
        found_company(home, SMALL, LAST_DAY, 90)
    present = found_company(home, Charter(seed=2, customers=200), LAST_DAY, 90)
    assert (present.company.today, dict(present.shop), dict(present.crm)) == (LAST_DAY, {}, {})


def test_a_home_with_other_data_is_left_alone(tmp_path: Path) -> None:
    Home(tmp_path).warehouse.touch()
    with pytest.raises(BadInputError, match="not the demo's"):
        found_company(Home(tmp_path), SMALL, LAST_DAY, 90)
    assert not Home(tmp_path).demo.exists()


def test_no_day_passes_where_there_is_no_company(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no demo company"):
        advance_company(Home(tmp_path), 1, 90)
