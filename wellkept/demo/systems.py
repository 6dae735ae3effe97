"""The demo company's systems as they are kept under the home: founded once, and brought from day to day."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from wellkept.demo import crm_server, postgres
from wellkept.demo.company import Charter, found, write_truth
from wellkept.demo.notes import Company, read_company, replace_text, require_company, within_reach, write_company
from wellkept.demo.opening import CRM, SHOP, closed_when_ended
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home
from wellkept.warehouse.lock import hold_writer_lock

_PATIENCE_SECONDS = 3600.0

_CONFIG = """\
# The demo company: orders in a real PostgreSQL, customers in a CRM that speaks HubSpot's API. Both run while a command
# of Wellkept works in this home, and their connections (shop and crm) are given by it.

[parameters]
reporting_currency = "EUR"

[sources.{shop}]
type = "postgres"

{entities}
[sources.{crm}]
type = "hubspot"
requests_per_10_seconds = {requests}  # its portal has the API limit increase
"""


@dataclass(frozen=True)
class Written:
    """What a day's writing changed: rows inserted and updated, by table of the shop and by object of the CRM."""

    company: Company
    shop: Mapping[str, tuple[int, int]]
    crm: Mapping[str, tuple[int, int]]


def found_company(
    home: Home, charter: Charter, today: date, horizon_days: int, patience_seconds: float = _PATIENCE_SECONDS
) -> Written:
    """Found the company in a home that holds nothing else; a company that is there already stays as it is."""
    with _day_held(home, patience_seconds):
        present = read_company(home)
        if present and present.charter != charter:
            raise BadInputError(
                f"{home.root} holds another demo company (seed {present.charter.seed}, {present.charter.customers} "
                "customers); give --home another folder, or delete it"
            )
        if present:
            if not home.config.exists():
                replace_text(home.config, _config())
            return Written(present, {}, {})
        if home.warehouse.exists() or (home.config.exists() and home.config.read_text(encoding="utf-8") != _config()):
            raise BadInputError(f"{home.root} already holds data that is not the demo's; give --home another folder")
        return _write(home, Company(charter, today), horizon_days)


def advance_company(home: Home, days: int, horizon_days: int, patience_seconds: float = _PATIENCE_SECONDS) -> Written:
    """Let days pass: the systems change as the company's life goes on. Two who ask at once let both their days pass."""
    with within_reach(home):
        require_company(home)  # before the lock, which would make a home
    with _day_held(home, patience_seconds):
        present = require_company(home)
        return _write(home, Company(present.charter, present.today + timedelta(days=days)), horizon_days)


def outcomes_file(home: Home) -> Path:
    """What the company's customers will do in the days that follow, as the truth has it."""
    return home.demo / "truth" / "outcomes.parquet"


@contextmanager
def _day_held(home: Home, patience_seconds: float) -> Iterator[None]:
    """Inside, nobody else writes to the home or changes the company's day, and an end of ours is an orderly one."""
    with (
        closed_when_ended(),
        within_reach(home),
        hold_writer_lock(home, "the demo company's day", patience_seconds),
    ):
        yield


def _write(home: Home, company: Company, horizon_days: int) -> Written:
    """Write systems and truth first and the charter last: killed in between, it is done again and comes out the same."""
    home.demo.mkdir(parents=True, exist_ok=True)
    books = found(company.charter, company.today)
    with postgres.running(home.demo / "postgres") as shop:
        shop_changes = postgres.write_shop(shop, books)
    crm_changes = crm_server.write_crm(home.demo / "crm", books)
    write_truth(home.demo / "truth", company.charter, company.today, horizon_days, books)
    if not home.config.exists():
        replace_text(home.config, _config())
    write_company(home, company)
    return Written(company, shop_changes, crm_changes)


def _config() -> str:
    """The home's wellkept.toml, with the tables of the shop."""
    lines = []
    for entity, mapping in postgres.shop_entities().items():
        values = "\n".join(f"{name} = {json.dumps(value)}" for name, value in mapping.items())
        lines.append(f"[sources.{SHOP}.entities.{entity}]\n{values}\n")
    requests = crm_server.INCREASED.requests
    return _CONFIG.format(shop=SHOP, crm=CRM, entities="\n".join(lines), requests=requests)
