"""Who is one person: dbt's answer against a plain one, on three sources whose keys, e-mails and claims are drawn."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import pytest

from wellkept.deployment.settings import Settings
from wellkept.landing.contract import ENTITIES
from wellkept.landing.load import load_day
from wellkept.landing.record import LandingRecord
from wellkept.landing.request import Request
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.warehouse.dbt import dbt

FIRST_LOAD, SECOND_LOAD = date(2026, 3, 1), date(2026, 3, 10)
DAYS = (date(2026, 2, 10), date(2026, 3, 1), date(2026, 3, 9), SECOND_LOAD)
SOURCES = ("crm", "desk", "shop")

Answer = tuple[str, str, str | None]
"""The person's key, what led to it, and the collision."""
Order = tuple[str, str, date]
"""The source, the customer's key in it, and the day."""


@dataclass(frozen=True)
class Record:
    """What one source says of one of its customers from one load on."""

    source: str
    key: str
    email: str | None
    claim: str | None
    created: date
    deleted: date | None
    loaded: date

    @property
    def known_from(self) -> date:
        return date.fromordinal(self.created.toordinal() + 1) if self.loaded == FIRST_LOAD else self.loaded

    @property
    def address(self) -> str | None:
        return self.email if self.email and "@" in self.email else None


World = tuple[Run, list[Record], list[Order]]


def draw(seed: int) -> tuple[list[Record], list[Order]]:
    """Customers of three sources, some of whom change, or are erased, with the second load; and orders of some keys."""
    chance = random.Random(seed)
    emails = [f"{name}@x.org" for name in range(300)] + ["n/a", "", None]
    records = []
    for source in SOURCES:
        for number in chance.sample(range(200), 60):
            key = f"k{number:03d}" if chance.random() < 0.5 else f"{source}{number:03d}"
            created = date(2026, 1, 1 + chance.randrange(31))
            deleted = date(2026, 2, 1 + chance.randrange(28)) if chance.random() < 0.15 else None
            claim = draw_claim(chance)
            records.append(Record(source, key, chance.choice(emails), claim, created, deleted, FIRST_LOAD))
            if chance.random() < 0.15:
                records.append(Record(source, key, None, None, created, date(2026, 3, 5), SECOND_LOAD))
            elif chance.random() < 0.3:
                records.append(
                    Record(source, key, chance.choice(emails), draw_claim(chance), created, None, SECOND_LOAD)
                )
    keys = sorted({record.key for record in records})
    orders = [
        (chance.choice(SOURCES[1:]), key, date(2026, 2, 1 + chance.randrange(28))) for key in chance.sample(keys, 40)
    ]
    return records, orders


def draw_claim(chance: random.Random) -> str | None:
    """Mostly none, else a key that may exist, and may claim another itself."""
    return f"{chance.choice(['k', *SOURCES])}{chance.randrange(200):03d}" if chance.random() < 0.25 else None


def known_records(day: date, records: list[Record]) -> list[Record]:
    """The records as they are known on the day, each with the address and, where it is deleted, the claim it had last."""
    latest: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=lambda one: one.loaded):
        if record.known_from <= day:
            before = latest.get((record.source, record.key), record)
            is_erased = record.deleted and record.deleted < record.known_from
            claim = record.claim or (before.claim if is_erased else None)
            latest[record.source, record.key] = replace(record, email=record.address or before.address, claim=claim)
    return list(latest.values())


def follow_claims(known: list[Record]) -> dict[str, str]:
    """The key by which each key that claims another is known: the claimed one, or the one which that claims."""
    claims: dict[str, str] = {}
    for record in known:
        if record.claim:
            claims[record.key] = min(record.claim, claims.get(record.key, record.claim))
    followed = {
        key: min(key, claim) if claims.get(claim) == key else claims.get(claim, claim) for key, claim in claims.items()
    }
    return {key: claim for key, claim in followed.items() if claim != key}


def addresses_of(day: date, known: list[Record], names: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """The addresses of each source and key, by its claim; a deleted one has none that a living one of its source has."""
    addresses: dict[tuple[str, str], set[str]] = {}
    living = {(one.source, names.get(one.key, one.key)) for one in known if not (one.deleted and one.deleted < day)}
    for one in known:
        addresses.setdefault((one.source, names.get(one.key, one.key)), set()).update(
            {one.address} if one.address else ()
        )
    for (source, key), own in addresses.items():
        if (source, key) not in living:
            addresses[source, key] = own - set().union(
                *(of for (s, k), of in addresses.items() if s == source and (s, k) in living)
            )
    return addresses


def judge(day: date, records: list[Record], orders: list[Order]) -> dict[str, Answer]:
    """The answer for each key that is joined or collides, by the rules as they stand in int_customer_links_found."""
    known = known_records(day, records)
    names = follow_claims(known)
    held = addresses_of(day, known, names)
    emails: dict[str, set[str]] = {}
    for (_, key), own in held.items():
        emails.setdefault(key, set()).update(own)
    used = [(s, name) for s, key, ordered in orders if ordered < day for name in {key, names.get(key, key)} & {*emails}]
    bought = {key for _, key in used}
    sources = {key: {s for s, k in [*held, *used] if k == key} for key in emails}
    age = {key: min(one.created for one in known if names.get(one.key, one.key) == key) for key in emails}
    answers: dict[str, Answer] = {}
    for key in emails:
        circle = {key}
        while more := {k for k in emails if k not in circle and any(emails[k] & emails[one] for one in circle)}:
            circle |= more
        doubtful = any(sum(source in sources[one] for one in circle) > 1 for source in SOURCES)
        person = key if doubtful else min(circle, key=lambda one: (one not in bought, age[one], one))
        differing = "e-mails differ" if differ([own for (_, k), own in held.items() if k == key]) else None
        collision = "several customers share an e-mail" if doubtful else differing
        for of in [raw for raw, name in ({one: one for one in emails} | names).items() if name == key]:
            if person != of or collision:
                answers[of] = (person, "customer_id" if person == key else "email", collision)
    return answers


def differ(by_source: list[set[str]]) -> bool:
    """Whether two sources give addresses, and not all the same one."""
    given = [own for own in by_source if own]
    return len(given) > 1 and len(set().union(*given)) > 1


def land(run: Run, records: list[Record], orders: list[Order]) -> None:
    for source in SOURCES:
        folder = run.home.landing(run.as_of_date, source)
        folder.mkdir(parents=True)
        with LandingRecord(Request("files", run.as_of_date, folder)) as record:
            customers = [
                (r.key, r.email, r.created, r.claim, r.deleted)
                for r in records
                if (r.source, r.loaded) == (source, run.as_of_date)
            ]
            bought = [(f"{key} {source}", key, day, None, None) for owner, key, day in orders if owner == source]
            stage(record, "customers", "customer_id, email, created_at, also_known_as, deleted_at", customers)
            stage(record, "orders", "order_id, customer_id, ordered_at, coupon, cancelled_at", bought)
            (folder / "extract.json").write_text(json.dumps(record.finish()))
    load_day(run)


def stage(record: LandingRecord, entity: str, names: str, rows: Sequence[tuple[object, ...]]) -> None:
    record.connection.execute("create or replace temp table given (a varchar, b varchar, c date, d varchar, e date)")
    if rows:
        record.connection.executemany("insert into given values (?, ?, ?, ?, ?)", rows)
    record.connection.execute(
        f"create or replace temp table staged as select *, row_number() over () as _line from given as given({names})"
    )
    record.connection.execute("create or replace temp table unreadable (line bigint, reason varchar, raw_text varchar)")
    record.keep_staged(ENTITIES[entity], entity)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The drawn company, loaded on two days and built for all of `DAYS`."""
    folder = tmp_path_factory.mktemp("identity")
    config = "".join(f'[sources.{name}]\ntype = "files"\npath = "{folder}"\n' for name in SOURCES)
    (folder / "wellkept.toml").write_text(config)
    settings = Settings(home=folder / "home", config=folder / "wellkept.toml")
    settings.home.mkdir()
    records, orders = draw(seed=1)
    for day in (FIRST_LOAD, SECOND_LOAD):
        run = make_run(day, settings=settings)
        land(run, records, orders if day == FIRST_LOAD else [])
    dbt(run, "build", "--select", "+customer_keys", "--exclude-resource-type", "unit_test", as_of_dates=DAYS)
    return run, records, orders


def test_who_is_one_person_on_each_day(world: World) -> None:
    run, records, orders = world
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        for day in DAYS:
            rows = connection.execute(
                "select source_customer_id, customer_id, matched_by, collision from intermediate.int_customer_links_found "
                "where as_of_date = ?",
                [day],
            ).fetchall()
            expected = judge(day, records, orders)
            assert {key: tuple(answer) for key, *answer in rows} == expected, day
            assert len(rows) == len(expected)
            for way in ("customer_id", "email"):
                joined = sum(key != person and by == way for key, (person, by, _) in expected.items())
                assert joined >= 3, "the draw is too tame to prove anything"
            assert len({collision for *_, collision in expected.values()}) == 3


def test_every_source_key_is_published_once_with_its_customer_and_no_address(
    world: World,
) -> None:
    run, records, orders = world
    with duckdb.connect(str(run.home.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select source_system, source_customer_id, customer_id, matched_by, collision from marts.customer_keys"
        ).fetchall()
    expected = judge(run.as_of_date, records, orders)
    assert {row[:2] for row in rows} == {(r.source, r.key) for r in records} | {order[:2] for order in orders}
    assert len({row[:2] for row in rows}) == len(rows)
    for _, key, *answer in rows:
        assert tuple(answer) == expected.get(key, (key, "customer_id", None))
    assert "@" not in str(rows)
