"""A week of the demo company by its own commands: a day passes, a day is run."""

from pathlib import Path

import pytest
from demo_homes import FEW_ROWS, MARTS, live_days
from deployments import Deployment

from wellkept.runs.run import Run

pytestmark = pytest.mark.soak


def test_seven_days_by_advance_and_run_are_the_seventh_at_once(tmp_path: Path) -> None:
    """With enough customers that leads open accounts, addresses change and contacts are archived within the week."""
    daily = Deployment(tmp_path / "home")
    daily.call("demo", "--customers", "1500")

    def run(run: Run) -> None:
        Deployment(run.home.root).run(run.as_of_date)

    lived = live_days(daily.home, tmp_path / "fresh", 7, run)
    found = {mart: lived.compare(mart) for mart in MARTS}
    assert {mart: counts for mart, counts in found.items() if counts[1]} == {}
    assert all(rows > (100 if mart in FEW_ROWS else 500) for mart, (rows, _) in found.items()), found
    lived.check_cost()
