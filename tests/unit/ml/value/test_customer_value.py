"""Customer value of a day: one day one answer, nothing of the future, and NULL with a reason where nothing can be said."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ml.value.customer_value import value_all
from ml.value.tables import MODELS, VALUES
from wellkept.deployment.errors import WellkeptError
from wellkept.runs.run import Run

MONTH = date(2026, 3, 1)
DAY = date(2026, 3, 10)
FIRST = MONTH - timedelta(days=800)
CUSTOMERS = 500
_FAR = "9999-12-31"

# What dbt builds, in short: versions known on the days that are built, before them, with the keys of persons and sources.
_SHOP = """
create schema intermediate;
create table intermediate.as_of_dates (as_of_date date);
create table intermediate.int_order_currencies_counted (as_of_date date, currencies_count bigint);
create table intermediate.int_customers_qualified (customer_id varchar, as_of_date date, deleted_date date);
create table orders (
    order_id varchar, customer_id varchar, order_date date, total_amount decimal(18, 4), cancelled_date date,
    known_from date, known_to date
);
create table refunds (customer_id varchar, order_id varchar, refund_date date, amount decimal(18, 4), known_from date);
create view intermediate.int_orders_as_known as
select
    as_of_date, order_id, customer_id as source_customer_id, customer_id, 'EUR' as currency, total_amount, order_date,
    coalesce(cancelled_date >= as_of_date, true) as is_completed
from intermediate.as_of_dates
inner join orders on order_date < as_of_date and known_from <= as_of_date and as_of_date < known_to;
create view intermediate.int_refunds_as_known as
select as_of_date, customer_id as source_customer_id, customer_id, order_id, refund_date, amount
from intermediate.as_of_dates
inner join refunds on refund_date < as_of_date and known_from <= as_of_date;
"""


@pytest.fixture
def shop(run_of: Callable[..., Run]) -> Run:
    """Built for DAY: 500 customers of 800 days, of whom some left."""
    run = run_of(DAY.isoformat())
    run.home.root.mkdir(parents=True, exist_ok=True)
    write(run, _SHOP)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.register("made", _make_orders(CUSTOMERS))
        connection.execute(f"insert into orders select *, null, ordered + 1, '{_FAR}' from made")
    write(
        run,
        f"""
        insert into intermediate.as_of_dates values ('{DAY}');
        insert into intermediate.int_order_currencies_counted values ('{DAY}', 1);
        insert into intermediate.int_customers_qualified select distinct customer_id, '{DAY}'::date, null::date from orders
        """,
    )
    return run


def test_the_same_day_twice_has_the_same_rows_and_fits_once(shop: Run) -> None:
    first = value_all(shop)
    assert first == {"customers": CUSTOMERS, "valued": CUSTOMERS, "months_fitted": 1}
    rows, models = read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")
    assert value_all(shop) == {**first, "months_fitted": 0}
    assert (read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")) == (rows, models)
    write(shop, f"drop table {MODELS}")
    assert value_all(shop) == first
    assert (read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")) == (rows, models)


def test_numbers_agree_with_each_other(shop: Run) -> None:
    value_all(shop)
    wrong = """
        alive_probability not between 0 and 1
        or expected_orders_365d < 0
        or expected_value_365d_low > expected_value_365d_high
        or expected_value_365d > expected_value_365d_if_retained * 1.000001
        or abs(expected_value_365d - alive_probability * expected_value_365d_if_retained) > 0.001
    """
    assert read(shop, f"select count(*) from {VALUES} where {wrong}") == [(0,)]
    told = f"select backtest_from, backtest_days, backtest_missing_reason, orders_gini > 0.3, value_gini > 0.3 from {MODELS}"
    assert read(shop, told) == [(MONTH - timedelta(days=365), 365, None, True, True)]
    assert read(shop, f"select value_interval_coverage >= 0.75 from {MODELS}") == [(True,)]


def test_all_days_of_a_month_use_its_first_days_models(shop: Run, run_of: Callable[..., Run]) -> None:
    value_all(shop)
    models = read(shop, f"from {MODELS}")
    later = run_of((DAY + timedelta(days=15)).isoformat())
    write(shop, f"delete from {MODELS}; update intermediate.as_of_dates set as_of_date = '{later.as_of_date}'")
    write(shop, f"update intermediate.int_customers_qualified set as_of_date = '{later.as_of_date}'")
    value_all(later)
    assert read(shop, f"from {MODELS}") == models
    assert read(shop, f"select distinct as_of_date, fitted_as_of from {VALUES} order by all") == [
        (DAY, MONTH),
        (later.as_of_date, MONTH),
    ]


def test_what_happens_on_the_day_or_is_known_after_it_moves_nothing(shop: Run) -> None:
    value_all(shop)
    rows, models = read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")
    after = DAY + timedelta(days=1)
    write(
        shop,
        f"""
        insert into orders values ('on the day', 'c001', '{DAY}', 5000, null, '{after}', '{_FAR}');
        insert into orders values ('known later', 'c002', '{FIRST}', 5000, null, '{after}', '{_FAR}');
        update orders set cancelled_date = '{DAY}' where customer_id = 'c003';
        insert into refunds values ('c004', null, '{DAY}', 50, '{after}'), ('c005', null, '{FIRST}', 50, '{after}')
        """,
    )
    value_all(shop)
    assert read(shop, f"from {VALUES} order by all") == rows
    # and what became known within the month moves the day, and not the month's models
    write(shop, f"insert into orders values ('in March', 'c001', '{MONTH}', 50, null, '{DAY}', '{_FAR}')")
    write(shop, f"delete from {MODELS}")
    value_all(shop)
    assert read(shop, f"from {MODELS}") == models
    assert read(shop, f"from {VALUES} order by all") != rows


def test_asking_for_past_days_leaves_the_warehouse_as_it_was(shop: Run) -> None:
    value_all(shop)
    assert read(shop, "from intermediate.as_of_dates") == [(DAY,)]
    assert read(shop, "from intermediate.int_order_currencies_counted") == [(DAY, 1)]


def test_without_amounts_orders_are_expected_and_no_value(shop: Run) -> None:
    write(shop, "update orders set total_amount = null")
    assert value_all(shop)["valued"] == 0
    told = "count(expected_orders_365d), count(expected_value_365d_high), count(expected_value_365d_if_retained)"
    assert read(shop, f"select {told} from {VALUES}") == [(CUSTOMERS, 0, 0)]
    assert read(shop, f"select value_missing_reason, orders_missing_reason from {MODELS}") == [
        ("no order known on 2026-03-01 has an amount", None)
    ]


def test_with_few_repeaters_nothing_is_expected_and_the_reason_is_told(
    shop: Run, caplog: pytest.LogCaptureFixture
) -> None:
    write(shop, "delete from orders where customer_id >= 'c020'")
    result = value_all(shop)
    assert (result["customers"], result["valued"]) == (20, 0)
    assert read(shop, f"select count(expected_orders_365d), count(alive_probability) from {VALUES}") == [(0, 0)]
    assert "50 are needed" in str(read(shop, f"select orders_missing_reason from {MODELS}"))
    assert "50 are needed" in caplog.text


def test_a_refund_lowers_the_value_and_one_of_a_cancelled_order_does_not(shop: Run) -> None:
    value_all(shop)
    query = f"select customer_id, expected_value_365d from {VALUES} where customer_id in ('c001', 'c002') order by all"
    before = dict(read(shop, query))
    known = DAY - timedelta(days=1)
    write(
        shop,
        f"""
        insert into orders values ('cancelled', 'c002', '{FIRST}', 400, '{MONTH}', '{FIRST}', '{_FAR}');
        insert into refunds values ('c001', null, '{MONTH}', 10, '{known}'), ('c002', 'cancelled', '{MONTH}', 400, '{known}')
        """,
    )
    value_all(shop)
    after = dict(read(shop, query))
    assert after["c001"] < before["c001"]
    assert after["c002"] == before["c002"]


def test_who_is_deleted_has_no_row(shop: Run) -> None:
    write(shop, f"update intermediate.int_customers_qualified set deleted_date = '{MONTH}' where customer_id = 'c001'")
    value_all(shop)
    assert read(shop, f"select count(*), count(*) filter (customer_id = 'c001') from {VALUES}") == [(CUSTOMERS - 1, 0)]


def test_a_day_that_is_not_built_is_an_error_that_names_it(shop: Run, run_of: Callable[..., Run]) -> None:
    with pytest.raises(WellkeptError, match="does not hold 2026-03-11; build that day first: wellkept run"):
        value_all(run_of("2026-03-11"))


def _make_orders(customers: int) -> pa.Table:
    """Each comes on a day of the first 700, orders at a rate of their own, and leaves after some order."""
    generator = np.random.default_rng(17)
    rows: list[dict[str, object]] = []
    for number in range(customers):
        rate, leaving, scale = generator.gamma(0.9, 1 / 40), generator.beta(1, 4), 60 / generator.gamma(4)
        day = float(generator.uniform(0, 700))
        while day < (DAY - FIRST).days:
            ordered = FIRST + timedelta(days=int(day))
            amount = round(float(generator.gamma(3, scale)) + 0.01, 2)
            rows.append({"id": f"o{len(rows)}", "customer": f"c{number:03}", "ordered": ordered, "amount": amount})
            day += generator.exponential(1 / rate)
            if generator.random() < leaving:
                break
    return pa.Table.from_pylist(rows)


def read(run: Run, query: str) -> list[tuple[object, ...]]:
    """Rows of the warehouse."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        return connection.execute(query).fetchall()


def write(run: Run, statements: str) -> None:
    """Statements on the warehouse."""
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.execute(statements)
