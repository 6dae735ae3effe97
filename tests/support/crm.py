"""A small CRM for tests: what it holds, and reading it through the source."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from wellkept.demo.crm_server import Limits, running, set_faults, write_crm
from wellkept.deployment.connections import connections_given
from wellkept.landing.request import LastRead, Request
from wellkept.sources.hubspot import HubspotSource
from wellkept.sources.hubspot.mapping import DEFAULT_OBJECTS
from wellkept.sources.hubspot.reading import read_as, read_hubspot

TOKEN = "pat-canary-0123456789"
MAIL = "canary.person@example.com"
TODAY = date(2026, 3, 1)
START = datetime.fromisoformat("2026-01-01")
ENTITIES = ("customers", "leads", "tickets", "interactions", "surveys", "subscriptions")


@dataclass(frozen=True)
class SmallBooks:
    """What the demo company's books have for the CRM."""

    crm: Mapping[str, pa.Table]


def make_objects(
    count: int, properties: Mapping[str, Any], every: timedelta = timedelta(minutes=5), **own: Any
) -> pa.Table:
    """Objects 1, 2, 3 ...; a property is a text, or a function of the object's number (as are the own columns)."""
    numbers = range(1, count + 1)
    when = [START + every * number for number in numbers]
    nothing = [None] * count
    columns: dict[str, Any] = {
        "id": [str(number) for number in numbers],
        "created_at": pa.array(when, pa.timestamp("us")),
        "updated_at": pa.array(when, pa.timestamp("us")),
        "archived": [False] * count,
        "archived_at": pa.array(nothing, pa.timestamp("us")),
    }
    for name, value in own.items():
        kind = columns[name].type if isinstance(columns.get(name), pa.Array) else None
        columns[name] = pa.array([_of(value, number) for number in numbers], kind or _kind(name))
    for name, value in properties.items():
        columns[name] = pa.array([_of(value, number) for number in numbers], pa.string())
    return pa.table(columns)


def moment(number: int) -> str:
    """When object `number` happened, as HubSpot writes it."""
    return (START + timedelta(minutes=5 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def small_books(contacts: int = 230) -> SmallBooks:
    """Every object type; contacts 7 and 107 are archived, every tenth has no customer_id and every third a company."""

    def contact(number: int) -> str | None:
        return None if number == 5 else str(1 + number % contacts)

    return SmallBooks(
        {
            "contacts": make_objects(
                contacts,
                {
                    "email": lambda n: MAIL if n == 1 else f"person{n}@example.com",
                    "firstname": "Ada",
                    "lastname": "Case",
                    "phone": "+31 20 000 0000",
                    "country": lambda n: None if n % 3 == 0 else "DE",
                    "city": lambda n: None if n % 3 == 0 else "Köln",
                    "customer_id": lambda n: None if n % 10 == 0 else f"C{n}",
                    "hs_analytics_source": "PAID_SEARCH",
                    "consent_email": "true",
                    "consent_sms": "false",
                    "consent_push": None,
                    "createdate": moment,
                },
                archived=lambda n: n in {7, 107},
                archived_at=lambda n: START + timedelta(days=7) if n in {7, 107} else None,
                company_id=lambda n: str(1 + n % 4) if n % 3 == 0 else None,
            ),
            "companies": make_objects(4, {"name": "Acme", "country": "NL", "city": "Utrecht"}),
            "deals": make_objects(
                40,
                {
                    "createdate": moment,
                    "closedate": lambda n: moment(n + 10),
                    "hs_is_closed_won": lambda n: str(n % 3 == 0).lower(),
                    "hs_is_closed_lost": lambda n: str(n % 3 == 1).lower(),
                    "hs_analytics_source": "ORGANIC_SEARCH",
                    "campaign_id": lambda n: "K1" if n % 2 else None,
                },
                contact_id=contact,
            ),
            "tickets": make_objects(
                130,
                {
                    "createdate": moment,
                    "hs_ticket_category": "DELIVERY",
                    "hs_ticket_priority": "HIGH",
                    "first_agent_reply_date": lambda n: moment(n + 1),
                    "closed_date": lambda n: moment(n + 2) if n % 2 else None,
                    "csat_score": lambda n: str(1 + n % 5) if n % 2 else None,
                },
                contact_id=contact,
            ),
            "calls": make_objects(
                12,
                {"hs_timestamp": moment, "hs_call_direction": lambda n: "INBOUND" if n % 2 else "OUTBOUND"}
                | {"campaign_id": None},
                contact_id=contact,
            ),
            "emails": make_objects(
                210,
                {
                    "hs_timestamp": moment,
                    "hs_email_direction": lambda n: "INCOMING_EMAIL" if n % 4 == 0 else "EMAIL",
                    "hs_email_status": lambda n: "BOUNCED" if n % 7 == 0 else "SENT",
                    "campaign_id": "K2",
                },
                contact_id=contact,
            ),
            "meetings": make_objects(
                3, {"hs_timestamp": moment, "hs_meeting_outcome": "COMPLETED", "campaign_id": None}, contact_id=contact
            ),
            "feedback_submissions": make_objects(
                110,
                {
                    "hs_submission_timestamp": moment,
                    "hs_survey_type": lambda n: ("NPS", "CSAT", "CES")[n % 3],
                    "hs_value": lambda n: str(1 + n % 5),
                    "hs_content": None,
                },
                contact_id=contact,
            ),
            "subscriptions": make_objects(
                4,
                {
                    "plan": "basic",
                    "annual_value": "120.00",
                    "started_at": moment,
                    "period_end_at": lambda n: moment(n + 100),
                    "ended_at": None,
                    "cancelled_at": None,
                    "cancel_reason": None,
                    "renews_subscription_id": lambda n: "1" if n == 2 else None,
                },
                contact_id=str,
            ),
        }
    )


def change(table: pa.Table, ids: set[str], updated_at: datetime, **values: Any) -> pa.Table:
    """The table with these objects written at `updated_at`, holding `values`."""
    is_changed = [one in ids for one in table["id"].to_pylist()]
    for name, value in {"updated_at": updated_at, **values}.items():
        old = table[name]
        new = [value if hit else before for hit, before in zip(is_changed, old.to_pylist(), strict=True)]
        table = table.set_column(table.column_names.index(name), name, pa.array(new, old.type))
    return table


def only(*object_types: str) -> dict[str, dict[str, bool]]:
    """Settings that leave every other object type out: most tests need two."""
    return {name: {"read": False} for name in DEFAULT_OBJECTS if name not in object_types}


def fill(folder: Path, books: SmallBooks, **tables: pa.Table) -> None:
    """Make the CRM in `folder` hold the books, with some tables in place of theirs."""
    _held[folder] = {**books.crm, **tables}
    write_crm(folder, SmallBooks(_held[folder]))


def extract(
    folder: Path,
    url: str,
    last_loaded: Mapping[str, date] | None = None,
    token: str = TOKEN,
    sleep: Callable[[float], object] = lambda seconds: None,
    **settings: Any,
) -> dict[str, Any]:
    """What the source's `read` returns; landing files lie in `folder`. Where it would wait, it calls `sleep`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = HubspotSource(type="hubspot", **{"max_attempts": 3, "timeout_seconds": 5, **settings})
    with connections_given({"crm": url.replace("http://", f"http://:{token}@")}):
        return read_hubspot(source, Request("crm", TODAY, folder, _last_reads(source, last_loaded or {})), sleep=sleep)


def _last_reads(source: HubspotSource, last_loaded: Mapping[str, date]) -> dict[tuple[str, str], LastRead]:
    """As if each day had been read when it was over, the newest object being written on it."""
    return {
        (mapping.entity, f"crm/v3/objects/{name}"): LastRead(
            day, read_as(source, mapping), datetime.combine(day, time(1))
        )
        for name, mapping in source.objects.items()
        if (day := last_loaded.get(mapping.entity))
    }


def landed(folder: Path, entity: str) -> list[dict[str, Any]]:
    """The rows of an entity's landing file."""
    return duckdb.sql(f"select * from '{folder / entity}.parquet'").to_arrow_table().to_pylist()


def _of(value: Any, number: int) -> Any:
    return value(number) if callable(value) else value


def _kind(name: str) -> pa.DataType:
    return pa.bool_() if name == "archived" else pa.string()


@dataclass(frozen=True)
class Crm:
    """A running server and its folder; every test finds the same books in it, and no faults."""

    folder: Path
    url: str

    def reset(self) -> None:
        set_faults(self.folder)
        if _held[self.folder] != small_books().crm or len({*self.folder.glob("*.parquet")}) != len(small_books().crm):
            for file in self.folder.glob("*.parquet"):
                file.unlink()
            fill(self.folder, small_books())


_held: dict[Path, Mapping[str, pa.Table]] = {}
"""What each CRM was made to hold: to write it again takes longer than most tests."""


@contextmanager
def serving(folder: Path, limits: Limits | None = None) -> Iterator[Crm]:
    """A CRM that does not limit its callers, unless told so."""
    fill(folder, small_books())
    with running(folder, TOKEN, limits=limits or Limits(requests=100_000, searches=100_000)) as url:
        yield Crm(folder, url)
