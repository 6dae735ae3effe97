"""The truth about the demo company, written beside its systems for tests and readers; the pipeline never reads it."""

import json
from datetime import date
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellkept.demo.arrays import Columns, Integers, as_ids, named
from wellkept.demo.bookkeeping import keep_books
from wellkept.demo.books import KEYS, Books
from wellkept.demo.life import Charter, Life, live
from wellkept.demo.outcomes import outcomes_of
from wellkept.demo.season import Day
from wellkept.demo.step import Happened
from wellkept.demo.truth import CAUSES, RESPONSES

_CHUNK_DAYS = 30

CRM_ENTITIES = {
    "customers": ("contacts",),
    "leads": ("deals",),
    "tickets": ("tickets",),
    "surveys": ("feedback_submissions",),
    "subscriptions": ("subscriptions",),
    "interactions": ("calls", "emails", "meetings"),
}
"""The landing entities that the CRM gives, and the objects they come from."""


def write_truth(folder: Path, charter: Charter, today: date, horizon_days: int, books: Books | None = None) -> None:
    """Write hazards, departures, outcomes, people and row counts as of the morning of `today`; each file is replaced.

    `books` are those of that morning, for who has them already.

    - hazards.parquet: the chance to leave, of everybody who could on each day, and its parts by cause.
    - departures.parquet: who left (or left again) when, and which cause it was.
    - outcomes.parquet: `true_outcomes` of `today`.
    - people.parquet: the traits that move people, and their response to treatment.
    - rows.json: by source and landing entity, how many rows the systems hold and how many of them twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _HazardFile(folder / "hazards.parquet", charter) as hazards:
        life = live(charter, (today - charter.first_day).days, watch=hazards.add)
    pq.write_table(_departures(life), folder / "departures.parquet")
    pq.write_table(_people(life), folder / "people.parquet")
    (folder / "rows.json").write_text(json.dumps(count_rows(books or keep_books(life)), indent=2))
    pq.write_table(outcomes_of(life, horizon_days), folder / "outcomes.parquet")


def count_rows(books: Books) -> dict[str, dict[str, dict[str, int]]]:
    """By source and landing entity: `rows`, told apart by key, and `duplicates`, the further copies of some of them."""
    shop = {}
    for name, table in books.shop.items():
        distinct = len(table.group_by(list(KEYS[name])).aggregate([]))
        shop[name] = {"rows": distinct, "duplicates": len(table) - distinct}
    crm = {
        entity: {"rows": sum(len(books.crm[kind]) for kind in kinds), "duplicates": 0}
        for entity, kinds in CRM_ENTITIES.items()
    }
    return {"shop": shop, "crm": crm}


class _HazardFile:
    """Gathers each day's hazards and writes them some weeks at a time, so that memory does not grow with the years."""

    def __init__(self, file: Path, charter: Charter) -> None:
        self._file, self._charter = file, charter
        self._days: list[Columns] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> "_HazardFile":
        return self

    def add(self, day: Day, happened: Happened) -> None:
        who = np.flatnonzero(happened.hazard.is_at_risk)
        self._days.append({"who": who, "day": np.full(len(who), day.number), **happened.hazard.of(who)})
        if len(self._days) == _CHUNK_DAYS:
            self._flush()

    def _flush(self) -> None:
        rows = {name: np.concatenate([one[name] for one in self._days]) for name in self._days[0]}
        self._days = []
        parts = {cause: rows[cause] for cause in CAUSES}
        table = pa.table(
            {
                "customer_id": _customer_ids(rows["who"]),
                "day": _dates(self._charter, rows["day"]),
                "hazard": np.add.reduce(list(parts.values())),
                **parts,
            }
        )
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema, use_dictionary=["customer_id", "day"])
        self._writer.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._days:
            self._flush()
        if self._writer:
            self._writer.close()


def _customer_ids(who: Integers) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(who, pa.int32()), as_ids("C", np.arange(who.max(initial=-1) + 1)))


def _dates(charter: Charter, days: Integers) -> pa.Array:
    return pa.array(np.datetime64(charter.first_day) + days.astype("timedelta64[D]"), pa.date32())


def _departures(life: Life) -> pa.Table:
    left = life.happened["departures"]
    return pa.table(
        {
            "customer_id": as_ids("C", left["who"]),
            "left_on": _dates(life.charter, left["day"]),
            "cause": named(left["cause"], CAUSES),
        }
    )


def _people(life: Life) -> pa.Table:
    people, count = life.people, life.joined
    traits = people.traits
    return pa.table(
        {
            "customer_id": as_ids("C", np.arange(count)),
            "response": named(people.response[:count], RESPONSES),
            "gap_days": traits.gap[:count],
            "season_strength": traits.season[:count],
            "price_sensitivity": traits.price[:count],
            "base_hazard": traits.base[:count],
            "failed_share": traits.failed_share[:count],
            "treated_factor": traits.treated[:count],
            "favourite": people.favourite[:count],
            "mood": people.mood[:count],
            "sessions_per_day": people.browsing[:count],
            "openness": people.openness[:count],
            "ever_orders": np.isfinite(people.first_wait[:count]),
        }
    )
