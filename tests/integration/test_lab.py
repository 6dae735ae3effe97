"""The laboratory and the label tables say the same of the same definition: churn is defined once."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from deployments import FIRST_DAY, Deployment, copy_of

from ml.lab.definitions import Definition, Grid
from ml.lab.history import judge_day
from ml.lab.source import copied_orders, read_first_order_date
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

_LABELS = "select customer_id, is_churned from labels.label_customer__purchase_churn where as_of_date = ? order by all"
_JUDGED = """
select customers.customer_id, judged.churned_{horizon}
from judged
inner join customers on judged.customer = customers.customer
order by all
"""


@pytest.fixture(scope="module")
def run(finished: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = copy_of(finished, tmp_path_factory.mktemp("lab")).home
    return make_run(FIRST_DAY, settings=Settings(home=home, config=Path("none.toml")))


def test_labels_of_the_laboratory_are_those_of_the_label_table(run: Run) -> None:
    with duckdb.connect(str(run.home.warehouse), read_only=True) as warehouse:
        days = [
            day
            for (day,) in warehouse.execute(
                "select distinct as_of_date from labels.label_customer__purchase_churn where is_churned is not null order by 1"
            ).fetchall()
        ]
        labels = {day: warehouse.execute(_LABELS, [day]).fetchall() for day in days}
    assert len(days) > 10
    assert any(is_churned for rows in labels.values() for _, is_churned in rows)
    with copied_orders(run) as lab:
        grid = _grid_in_force(run, read_first_order_date(lab, run.as_of_date))
        for day in days:
            judge_day(lab, grid, day)
            assert lab.execute(_JUDGED.format(horizon=grid.horizons[0])).fetchall() == labels[day], day


def _grid_in_force(run: Run, first_order_date: date) -> Grid:
    in_force = Definition(run.parameters.integer("eligible_days"), run.parameters.integer("horizon_days"))
    late_days = run.parameters.integer("late_days")
    return Grid((in_force.eligible_days,), (in_force.horizon_days,), late_days, first_order_date, run.as_of_date)
