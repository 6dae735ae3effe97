"""Customer value of a day: one day one answer, nothing of the future, and NULL with a reason where nothing can be said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ml.value.customer_value import value_all
from ml.value.monthly import define_models
from ml.value.tables import MODELS, VALUES
from wellkept.deployment.errors import WellkeptError
from wellkept.project.parameters import Parameters
from wellkept.runs.run import Run

MONTH = date(2026, 3, 1)
DAY = date(2026, 3, 10)
FIRST = MONTH - timedelta(days=800)
CUSTOMERS = 500

# What dbt builds, in short: of one customer with one key, and with nothing that histories do not need.
_SHOP = """
create schema intermediate;
create schema quality;
create table quality.build (as_of_date date);
create table intermediate.as_of_dates (as_of_date date);
create table intermediate.int_customers_qualified (customer_id varchar, as_of_date date, deleted_date date);
create table orders (customer_id varchar, order_date date, total_amount decimal(18, 4), known_from date);
create view intermediate.int_orders_ranged as
select order_date, greatest(known_from, order_date + 1) as counts_from, date '9999-12-31' as counts_to from orders;
create view intermediate.int_record_histories_summed as
select
    as_of_date,
    customer_id as source_customer_id,
    count(distinct order_date) - 1.0::double as frequency,
    (max(order_date) - min(order_date))::double as recency,
    (as_of_date - min(order_date))::double as age,
    count(distinct order_date) filter (total_amount is not null)::double as spend_days,
    sum(total_amount)::double / nullif(count(distinct order_date) filter (total_amount is not null), 0) as mean_spend
from intermediate.as_of_dates inner join orders on order_date < as_of_date and known_from <= as_of_date
group by as_of_date, customer_id;
create view intermediate.int_customer_histories_summed as
select * rename (source_customer_id as customer_id) from intermediate.int_record_histories_summed;
create view intermediate.int_record_outcomes_followed as
select
    histories.as_of_date,
    days.as_of_date as seen_date,
    histories.source_customer_id,
    count(distinct order_date)::double as later_orders,
    coalesce(sum(total_amount), 0)::double as later_value
from intermediate.int_record_histories_summed as histories
inner join intermediate.as_of_dates as days on histories.as_of_date < days.as_of_date
left join orders on histories.source_customer_id = orders.customer_id
    and order_date >= histories.as_of_date and order_date < days.as_of_date and known_from <= days.as_of_date
group by all;
"""


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[date]]:
    """The days of each call of dbt, in whose place only the days themselves are written: the rest are views."""
    called: list[list[date]] = []

    def build(run: Run, *arguments: str, as_of_dates: Sequence[date]) -> None:
        called.append(list(as_of_dates))
        write(run, f"delete from intermediate.as_of_dates where as_of_date <> '{run.as_of_date}'")
        for day in {*as_of_dates} - {run.as_of_date}:
            write(run, f"insert into intermediate.as_of_dates values ('{day}')")

    monkeypatch.setattr("ml.value.histories.dbt", build)
    return called


@pytest.fixture
def shop(run_of: Callable[..., Run]) -> Run:
    """Built for DAY: 500 customers of 800 days, of whom some left."""
    run = run_of(DAY.isoformat())
    run.home.root.mkdir(parents=True, exist_ok=True)
    write(run, _SHOP)
    with duckdb.connect(str(run.home.warehouse)) as connection:
        connection.register("made", _make_orders(CUSTOMERS))
        connection.execute("insert into orders select *, ordered + 1 from made")
    write(
        run,
        f"""
        insert into intermediate.as_of_dates values ('{DAY}');
        insert into quality.build values ('{DAY}');
        insert into intermediate.int_customers_qualified select distinct customer_id, '{DAY}'::date, null::date from orders
        """,
    )
    return run


def test_the_same_day_twice_has_the_same_rows_and_fits_once(shop: Run, calls: list[list[date]]) -> None:
    first = value_all(shop)
    assert first == {"customers": CUSTOMERS, "valued": CUSTOMERS, "months_fitted": 1}
    rows, models = read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")
    assert calls == [[MONTH - timedelta(days=365), MONTH]]
    assert value_all(shop) == {**first, "months_fitted": 0}
    assert len(calls) == 1, "a month that is fitted needs no other day"
    assert (read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")) == (rows, models)
    write(shop, f"drop table {MODELS}")
    assert value_all(shop) == first
    assert (read(shop, f"from {VALUES} order by all"), read(shop, f"from {MODELS}")) == (rows, models)


def test_another_definition_fits_the_month_again(shop: Run) -> None:
    value_all(shop)
    for parameters, fitted in (({"horizon_days": 61, "eligible_days": 200}, 0), ({"reporting_currency": "USD"}, 1)):
        assert value_all(replace(shop, parameters=Parameters(parameters)))["months_fitted"] == fitted
    assert read(shop, f"select count(*) from {MODELS}") == [(1,)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("table_hash", lambda table, parameters: "another"),
        ("MAX_CUSTOMERS", 400),
        ("HORIZON_DAYS", 180),
        ("LEVEL", 0.9),
    ],
)
def test_another_definition_is_other_histories_or_another_number(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    before = define_models(Parameters())
    assert define_models(Parameters()) == before
    monkeypatch.setattr(f"ml.value.monthly.{name}", value)
    assert define_models(Parameters()) != before


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
    for table in ("intermediate.int_customers_qualified", "intermediate.as_of_dates", "quality.build"):
        write(shop, f"update {table} set as_of_date = '{later.as_of_date}' where as_of_date = '{DAY}'")
    write(shop, f"delete from {MODELS}")
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
        f"insert into orders values ('c001', '{DAY}', 5000, '{after}'), ('c002', '{FIRST}', 5000, '{after}')",
    )
    value_all(shop)
    assert read(shop, f"from {VALUES} order by all") == rows
    # and what became known within the month moves the day, and not the month's models
    write(shop, f"insert into orders values ('c001', '{MONTH}', 50, '{DAY}')")
    write(shop, f"delete from {MODELS}")
    value_all(shop)
    assert read(shop, f"from {MODELS}") == models
    assert read(shop, f"from {VALUES} order by all") != rows


def test_a_shop_too_young_for_a_back_test_has_models_and_says_why_it_has_none(
    shop: Run, calls: list[list[date]]
) -> None:
    write(
        shop,
        f"""
        delete from orders where order_date < date '{MONTH}' - 50;
        insert into orders select distinct customer_id, date '{MONTH}' - 50, 10, '{MONTH}' from orders
        """,
    )
    value_all(shop)
    assert calls == [[MONTH]]
    told = "r is not null, backtest_from, backtest_missing_reason"
    assert read(shop, f"select {told} from {MODELS}") == [
        (True, None, "fewer than 56 days lie between the first order and 2026-03-01")
    ]


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


def test_who_is_deleted_has_no_row(shop: Run) -> None:
    write(shop, f"update intermediate.int_customers_qualified set deleted_date = '{MONTH}' where customer_id = 'c001'")
    value_all(shop)
    assert read(shop, f"select count(*), count(*) filter (customer_id = 'c001') from {VALUES}") == [(CUSTOMERS - 1, 0)]


def test_a_day_that_is_not_built_is_an_error_that_names_it(shop: Run, run_of: Callable[..., Run]) -> None:
    with pytest.raises(WellkeptError, match="is not built for 2026-03-11; build that day first: wellkept run"):
        value_all(run_of("2026-03-11"))


def test_a_day_on_which_only_models_were_fitted_is_not_built(shop: Run, run_of: Callable[..., Run]) -> None:
    value_all(shop)
    with pytest.raises(WellkeptError, match="is not built for 2026-03-01"):
        value_all(run_of(MONTH.isoformat()))


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
            rows.append({"customer": f"c{number:03}", "ordered": ordered, "amount": amount})
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
