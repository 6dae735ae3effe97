"""Customer value on homes of the demo company: a month's models stay what they were, whatever became known since."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
from demo_homes import run_in
from deployments import FIRST_DAY, NEXT_DAY, Deployment

from ml.value.customer_value import value_all
from ml.value.histories import read_month
from ml.value.monthly import fit_month
from ml.value.tables import VALUES, ValueModel

MONTH = date(2026, 11, 1)


def test_late_rows_and_corrections_do_not_change_the_month_s_models(
    finished: Deployment, continued: Deployment, tmp_path: Path
) -> None:
    assert MONTH < FIRST_DAY < NEXT_DAY
    before, after = (_fit(each.home, day, tmp_path) for each, day in ((finished, FIRST_DAY), (continued, NEXT_DAY)))
    assert before == after
    assert before.value_missing_reason is None
    assert before.orders_gini is not None
    assert before.orders_gini > 0


def test_everybody_with_an_order_is_valued_and_twice_alike(continued: Deployment, tmp_path: Path) -> None:
    shutil.copy(continued.home / "warehouse.duckdb", tmp_path)
    run = run_in(tmp_path, NEXT_DAY)
    found = []
    for _ in range(2):
        value_all(run)
        with duckdb.connect(str(run.home.warehouse)) as connection:
            found.append(connection.execute(f"from {VALUES} where as_of_date = ? order by all", [NEXT_DAY]).fetchall())
            listed = (
                "select customer_id from marts.customers where first_order_date is not null and deleted_date is null"
            )
            ordered = connection.execute(f"{listed} order by all").fetchall()
            total = connection.execute(
                f"select sum(expected_value_365d), min(expected_value_365d) >= 0 from {VALUES} where as_of_date = ?",
                [NEXT_DAY],
            ).fetchone()
    assert found[0] == found[1]
    assert [row[0] for row in found[0]] == [customer for (customer,) in ordered]
    assert total is not None
    assert total[0] > 0
    assert total[1]


def _fit(home: Path, day: date, folder: Path) -> ValueModel:
    copied = folder / home.parent.name
    copied.mkdir()
    shutil.copy(home / "warehouse.duckdb", copied)  # by its own name, which the views in it know
    run = run_in(copied, day)
    fitted = fit_month(read_month(run, MONTH), "test")
    with duckdb.connect(str(run.home.warehouse)) as connection:
        built = connection.execute("select as_of_date from intermediate.as_of_dates").fetchall()
    assert sorted(day for (day,) in built) == [fitted.backtest_from, MONTH, day]
    return fitted
