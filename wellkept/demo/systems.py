"""The demo company's systems as they are kept under the home: founded once, and brought from day to day."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from wellkept.clock import parse_day
from wellkept.demo import crm_server, postgres
from wellkept.demo.company import Charter, found, write_truth
from wellkept.demo.opening import CRM, SHOP
from wellkept.errors import BadInputError
from wellkept.paths import Home

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
"""


@dataclass(frozen=True)
class Company:
    """A demo company and the day its systems have reached: they hold what was written before 00:00 UTC of it."""

    charter: Charter
    today: date


@dataclass(frozen=True)
class Written:
    """What a day's writing changed: rows inserted and updated, by table of the shop and by object of the CRM."""

    company: Company
    shop: Mapping[str, tuple[int, int]]
    crm: Mapping[str, tuple[int, int]]


def read_company(home: Home) -> Company | None:
    """The home's demo company; None where there is none."""
    file = _charter_file(home)
    if not file.exists():
        return None
    known = json.loads(file.read_text())
    charter = Charter(known["seed"], known["customers"], parse_day(known["first_day"]))
    return Company(charter, parse_day(known["today"]))


def found_company(home: Home, charter: Charter, today: date, horizon_days: int) -> Written:
    """Found the company in a home that holds nothing else; a company that is there already stays as it is."""
    present = read_company(home)
    if present and present.charter != charter:
        raise BadInputError(
            f"{home.root} holds another demo company (seed {present.charter.seed}, {present.charter.customers} "
            "customers); give --home another folder, or delete it"
        )
    if present:
        return Written(present, {}, {})
    if home.warehouse.exists() or (home.config.exists() and home.config.read_text() != _config()):
        raise BadInputError(f"{home.root} already holds data that is not the demo's; give --home another folder")
    return _write(home, Company(charter, today), horizon_days)


def advance_company(home: Home, days: int, horizon_days: int) -> Written:
    """Let days pass: the systems change as the company's life goes on."""
    present = read_company(home)
    if not present:
        raise BadInputError(f"{home.root} holds no demo company; found one first with `wellkept demo`")
    return _write(home, Company(present.charter, present.today + timedelta(days=days)), horizon_days)


def outcomes_file(home: Home) -> Path:
    """What the company's customers will do in the days that follow, as the truth has it."""
    return home.demo / "truth" / "outcomes.parquet"


def _write(home: Home, company: Company, horizon_days: int) -> Written:
    """Write systems and truth first and the charter last: killed in between, it is done again and comes out the same."""
    home.demo.mkdir(parents=True, exist_ok=True)
    books = found(company.charter, company.today)
    with postgres.running(home.demo / "postgres") as shop:
        shop_changes = postgres.write_shop(shop, books)
    crm_changes = crm_server.write_crm(home.demo / "crm", books)
    write_truth(home.demo / "truth", company.charter, company.today, horizon_days, books)
    home.config.write_text(_config())
    _charter_file(home).write_text(json.dumps({**asdict(company.charter), "today": company.today}, default=str))
    return Written(company, shop_changes, crm_changes)


def _config() -> str:
    """The home's wellkept.toml, with the tables of the shop."""
    lines = []
    for entity, mapping in postgres.shop_entities().items():
        values = "\n".join(f"{name} = {json.dumps(value)}" for name, value in mapping.items())
        lines.append(f"[sources.{SHOP}.entities.{entity}]\n{values}\n")
    return _CONFIG.format(shop=SHOP, crm=CRM, entities="\n".join(lines))


def _charter_file(home: Home) -> Path:
    return home.demo / "company.json"
