"""The CRM's contacts: everybody with an account, many of them leads before, and strangers who never opened one."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellkept.demo import identities
from wellkept.demo.arrays import (
    DAY_SECONDS,
    NEVER,
    Columns,
    Flags,
    Floats,
    Integers,
    as_flags_text,
    as_ids,
    as_iso,
    blank,
    latest,
    named,
    pick,
)
from wellkept.demo.crm_ids import crm_object, object_ids
from wellkept.demo.customers import Accounts
from wellkept.demo.life import Life
from wellkept.demo.people import KNOWN_AHEAD, block_size

SOURCES = ("ORGANIC_SEARCH", "PAID_SEARCH", "PAID_SOCIAL", "REFERRALS", "OFFLINE")
LEADS = 0.5
"""The share of customers who were leads before they had an account, up to `LEAD_DAYS` days before."""
LEAD_DAYS = 20
STRANGERS = 0.25
"""Leads that never open an account, for each customer."""
UNLINKED, OTHER_ADDRESS, AT_COMPANIES, CAPITALS = 0.03, 0.04, 0.03, 0.06
"""Contacts that miss their customer_id, that have it but another address; who works at a company; addresses in capitals."""
SYNC_SECONDS = 6 * 3_600


@dataclass(frozen=True)
class Directory:
    """Every contact there will be: first the customers, then the strangers; times are seconds."""

    people: int
    number: Integers
    """The place of each in the order in which contacts are made."""
    created: Integers
    linked: Integers
    """When the contact learns its customer_id; NEVER for strangers and the unlinked."""
    is_lead: Flags
    strangers: Floats
    """The strangers' draws."""

    def of_people(self) -> Integers:
        """The contact of each customer."""
        return self.number[: self.people]


def open_directory(life: Life, accounts: Accounts) -> Directory:
    """Everybody's contact, future ones included; numbers never change once given."""
    record = life.people.record
    is_lead = record[:, 14] < LEADS
    synced = accounts.created + 60 + (record[:, 20] * SYNC_SECONDS).astype(np.int64)
    lead = np.maximum(
        accounts.created - (record[:, 15] * LEAD_DAYS * DAY_SECONDS).astype(np.int64), accounts.created // 2
    )
    strangers, came = _draw_strangers(life)
    created = np.concatenate([np.where(is_lead, lead, synced), came])
    number = np.empty(len(created), np.int64)
    number[np.argsort(created, kind="stable")] = np.arange(len(created))
    linked = np.where(record[:, 16] < UNLINKED, NEVER, synced)
    return Directory(
        people=len(accounts),
        number=number,
        created=created,
        linked=np.concatenate([linked, np.full(len(came), NEVER)]),
        is_lead=np.concatenate([is_lead, np.ones(len(came), np.bool_)]),
        strangers=strangers,
    )


def _draw_strangers(life: Life) -> tuple[Floats, Integers]:
    """Whole years of them, as of people; the seconds at which they come."""
    charter, draws, came = life.charter, list[Floats](), list[Integers]()
    year, length = 0, life.truth.year_length
    while year * length < life.days + KNOWN_AHEAD:
        count = round(block_size(life.truth, charter.customers, year) * STRANGERS)
        rng = np.random.default_rng([charter.seed, 2, year])
        came.append((np.sort((year + rng.random(count)) * length) * DAY_SECONDS).astype(np.int64))
        draws.append(rng.random((count, 10)))
        year += 1
    return np.concatenate(draws), np.concatenate(came)


def list_contacts(
    life: Life, accounts: Accounts, directory: Directory, unsubscribed: dict[str, Integers], first_order: Integers
) -> pa.Table:
    """The contacts made before the end; one whose account was deleted is archived a day later."""
    both = [
        _of_people(life, accounts, directory, unsubscribed, first_order),
        _of_strangers(life, directory),
    ]
    return pa.concat_tables(both).sort_by("created_at")


def _of_people(
    life: Life, accounts: Accounts, directory: Directory, unsubscribed: dict[str, Integers], first_order: Integers
) -> pa.Table:
    end, first_day, record = life.end, life.charter.first_day, life.people.record
    created, linked = directory.created[: len(accounts)], directory.linked[: len(accounts)]
    moved = np.where(accounts.moved < accounts.deleted, accounts.moved + 2 * DAY_SECONDS, NEVER)
    archived = np.where(accounts.deleted < NEVER, accounts.deleted + DAY_SECONDS, NEVER)
    lost = {name: np.where(at < NEVER, at + 600, NEVER) for name, at in unsubscribed.items()}
    bought = np.where(first_order < NEVER, first_order + 3_600, NEVER)
    updated = latest(end, created, linked, moved, bought, *lost.values())
    place = np.where(moved < end, accounts.place_after, accounts.place)
    works = record[:, 19] < AT_COMPANIES
    company = (record[:, 19] / AT_COMPANIES * count_companies(life)).astype(np.int64) * works
    table = crm_object(
        "contacts",
        life,
        directory.of_people(),
        created=created,
        updated=updated,
        archived=archived,
        email=_addresses(life, accounts),
        firstname=accounts.first_name,
        lastname=accounts.last_name,
        phone=blank(identities.phones(record[:, 4]), record[:, 3] > 0.6),
        country=identities.countries(place),
        city=identities.cities(place),
        customer_id=blank(as_ids("C", np.arange(len(accounts))), linked >= end),
        hs_analytics_source=named(accounts.channel, SOURCES),
        **{
            f"consent_{name}": as_flags_text(agreed & (lost[name] >= end)) for name, agreed in accounts.consents.items()
        },
        lifecyclestage=named(bought < end, ("lead", "customer")),
        createdate=as_iso(created, first_day),
        company_id=blank(object_ids("companies", company), ~works),
    )
    return table.filter(pa.array(created < end))


def _addresses(life: Life, accounts: Accounts) -> pa.Array:
    """The account's address, now and then in capitals; of some who are linked another one."""
    record = life.people.record
    other = identities.emails(accounts.first_name, accounts.last_name, np.arange(len(accounts)), "+work")
    is_other = (record[:, 16] >= UNLINKED) & (record[:, 16] < UNLINKED + OTHER_ADDRESS)
    address = pc.if_else(pa.array(is_other), other, accounts.email)
    return pc.if_else(pa.array(record[:, 21] < CAPITALS), pc.utf8_upper(address), address)


def _of_strangers(life: Life, directory: Directory) -> pa.Table:
    drawn, created = directory.strangers, directory.created[directory.people :]
    first, last = identities.first_names(drawn[:, 0]), identities.last_names(drawn[:, 1])
    place = pick(drawn[:, 2], identities.PLACE_WEIGHTS)
    missing = np.ones(len(drawn), np.bool_)
    nothing = pa.nulls(len(drawn), pa.string())
    table = crm_object(
        "contacts",
        life,
        directory.number[directory.people :],
        created=created,
        updated=created,
        archived=np.full(len(drawn), NEVER),
        email=identities.emails(first, last, np.arange(len(drawn)), "+lead"),
        firstname=first,
        lastname=last,
        phone=blank(identities.phones(drawn[:, 3]), drawn[:, 4] > 0.3),
        country=identities.countries(place),
        city=identities.cities(place),
        customer_id=nothing,
        hs_analytics_source=named(pick(drawn[:, 5], (0.3, 0.3, 0.3, 0.1)), SOURCES),
        consent_email=as_flags_text(drawn[:, 6] < 0.5),
        consent_sms=as_flags_text(missing, missing),
        consent_push=as_flags_text(missing, missing),
        lifecyclestage=named(np.zeros(len(drawn), np.int64), ("lead",)),
        createdate=as_iso(created, life.charter.first_day),
        company_id=nothing,
    )
    return table.filter(pa.array(created < life.end))


def count_companies(life: Life) -> int:
    """How many companies the CRM knows."""
    return max(3, life.charter.customers // 100)


def list_companies(life: Life) -> pa.Table:
    """The companies some customers work at, known from the first day on."""
    numbers = np.arange(count_companies(life))
    made = numbers * 60 + 60
    places = numbers % len(identities.PLACES)
    table = crm_object(
        "companies",
        life,
        numbers,
        created=made,
        updated=made,
        name=pc.binary_join_element_wise("Company", as_ids("", numbers, width=4), " "),
        country=identities.countries(places),
        city=identities.cities(places),
    )
    return table.filter(pa.array(made < life.end))


def first_orders(life: Life, orders: Columns) -> Integers:
    """The second of everybody's first order, NEVER for who has none."""
    first = np.full(len(life.people), NEVER)
    is_first = orders["position"] == 0
    first[orders["who"][is_first]] = orders["second"][is_first]
    return first
