"""Found the demo company: write its books as landing files (truth.py says what it is drawn from)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellkept.demo import dirt
from wellkept.demo.arrays import DAY_SECONDS, Columns
from wellkept.demo.orders import arrange, fill_baskets, list_order_lines, list_orders
from wellkept.demo.payments import list_payments, list_refunds
from wellkept.demo.people import People, draw_people, list_customers
from wellkept.demo.products import draw_prices, list_products
from wellkept.demo.shopping import shop
from wellkept.demo.truth import FIRST_DAY, LAST_DAY, SMALLEST, Truth
from wellkept.errors import BadInputError


@dataclass(frozen=True)
class Founded:
    """What was written: the folder, the day to run, clean rows per entity and the dirt added to them."""

    folder: Path
    first_day: date
    last_day: date
    rows: Mapping[str, int]
    dirt: Mapping[str, int]


def write_landing(
    folder: Path,
    seed: int = 7,
    customers: int = 4000,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    truth: Truth | None = None,
) -> Founded:
    """Write everything that happened from `first_day` on and before `last_day`, in the landing contract.

    `customers` join in the first three years; later years go on at that pace. The same arguments give the same bytes; a
    later `last_day` adds rows and updates some (cancellations, corrections, deletions), and changes nothing else.
    """
    if customers < SMALLEST or last_day <= first_day:
        raise BadInputError(f"a demo company needs at least {SMALLEST} customers and a last day after {first_day}")
    tables = _books(seed, customers, truth or Truth(), first_day, (last_day - first_day).days * DAY_SECONDS)
    folder.mkdir(parents=True, exist_ok=True)
    added = _write(tables, folder)
    return Founded(folder, first_day, last_day, {name: len(table) for name, table in tables.items()}, added)


def _books(seed: int, customers: int, truth: Truth, first_day: date, end: int) -> dict[str, pa.Table]:
    prices, costs = draw_prices(np.random.default_rng([seed, 0]))
    people_tables, rounds, joined, year = [], list[Columns](), 0, 0
    while year * truth.year_length * DAY_SECONDS < end:
        rng = np.random.default_rng([seed, 1, year])
        count = customers * (year + 1) // truth.joining_years - customers * year // truth.joining_years
        people: People = draw_people(rng, truth, count, year * truth.year_length)
        year_rounds, deleted = shop(rng, truth, people, first_day, end)
        rounds += [one | {"customer": one["customer"] + joined} for one in year_rounds]
        people_tables.append(list_customers(people, np.arange(joined, joined + count), deleted, first_day, end))
        joined, year = joined + count, year + 1
    lines, orders = fill_baskets(truth, arrange(rounds), prices)
    return {
        "customers": pa.concat_tables(people_tables),
        "orders": list_orders(truth, orders, first_day, end),
        "order_lines": list_order_lines(lines),
        "products": list_products(costs),
        "payments": list_payments(orders, first_day, end),
        "refunds": list_refunds(truth, orders, first_day, end),
    }


def _write(tables: Mapping[str, pa.Table], folder: Path) -> dict[str, int]:
    """Orders, products and payments as Parquet, the rest as CSV; returns the rows of dirt by kind."""
    payments = dirt.duplicate_rows(tables["payments"])
    for name, table in (("orders", tables["orders"]), ("products", tables["products"]), ("payments", payments)):
        pq.write_table(table, folder / f"{name}.parquet")
    lines, negative = dirt.duplicate_rows(tables["order_lines"]), dirt.negative_lines(tables["order_lines"])
    texts = dirt.text_amounts(tables["refunds"])
    cut = dirt.write_csv(
        pa.concat_tables([lines, negative]), folder / "order_lines.csv", cut_every=dirt.MALFORMED_LINES_EVERY
    )
    stretched = dirt.write_csv(
        tables["customers"], folder / "customers.csv", stretch_every=dirt.MALFORMED_CUSTOMERS_EVERY
    )
    dirt.write_csv(pa.concat_tables([dirt.as_text(tables["refunds"]), texts]), folder / "refunds.csv")
    return {
        "malformed_order_lines": cut,
        "malformed_customers": stretched,
        "negative_quantities": len(negative),
        "text_amounts": len(texts),
        "duplicates": len(payments) - len(tables["payments"]) + len(lines) - len(tables["order_lines"]),
    }
