"""Who is one person: dbt's answer against a plain one, on three sources whose keys and e-mails are drawn at random."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pytest

from wellkept.landing.contract import ENTITIES
from wellkept.landing.load import load_day
from wellkept.landing.record import LandingRecord
from wellkept.run import Run, make_run
from wellkept.settings import Settings
from wellkept.warehouse import dbt

FIRST_LOAD, SECOND_LOAD = date(2026, 3, 1), date(2026, 3, 10)
DAYS = (date(2026, 2, 10), date(2026, 3, 1), date(2026, 3, 9), SECOND_LOAD)
SOURCES = ("crm", "desk", "shop")

Answer = tuple[str, str | None]
"""The person's key, and the collision."""
Order = tuple[str, str, date]
"""The source, the customer's key in it, and the day."""


@dataclass(frozen=True)
class Record:
    """What one source says of one of its customers from one load on."""

    source: str
    key: str
    email: str | None
    created: date
    loaded: date

    @property
    def known_from(self) -> date:
        return date.fromordinal(self.created.toordinal() + 1) if self.loaded == FIRST_LOAD else self.loaded


World = tuple[Run, list[Record], list[Order]]


def draw(seed: int) -> tuple[list[Record], list[Order]]:
    """Customers of three sources, some of whom change their e-mail with the second load; and orders of some keys."""
    chance = random.Random(seed)
    emails = [f"{name}@x.org" for name in range(300)] + ["n/a", "", None]
    records = []
    for source in SOURCES:
        for number in chance.sample(range(200), 60):
            shared = chance.random() < 0.5
            key = f"k{number:03d}" if shared else f"{source}{number:03d}"
            created = date(2026, 1, 1 + chance.randrange(31))
            records.append(Record(source, key, chance.choice(emails), created, FIRST_LOAD))
            if chance.random() < 0.3:
                records.append(Record(source, key, chance.choice(emails), created, SECOND_LOAD))
    keys = sorted({record.key for record in records})
    orders = [
        (chance.choice(SOURCES[1:]), key, date(2026, 2, 1 + chance.randrange(28))) for key in chance.sample(keys, 40)
    ]
    return records, orders


def judge(day: date, records: list[Record], orders: list[Order]) -> dict[str, Answer]:
    """The answer for each key that is joined or collides, by the rules as they stand in int_customer_links_found."""
    latest: dict[tuple[str, str], Record] = {}
    for record in sorted(records, key=lambda one: one.loaded):
        if record.known_from <= day:
            latest[record.source, record.key] = record
    emails: dict[str, set[str]] = {}
    for (_, key), record in latest.items():
        emails.setdefault(key, set()).update({record.email} if record.email and "@" in record.email else set())
    used = [(source, key) for source, key, ordered in orders if ordered < day and key in emails]
    bought = {key for _, key in used}
    sources = {key: {s for s, k in [*latest, *used] if k == key} for key in emails}
    age = {key: min(one.created for (_, k), one in latest.items() if k == key) for key in emails}
    answers: dict[str, Answer] = {}
    for key, own in emails.items():
        circle = {key}
        while more := {k for k in emails if k not in circle and any(emails[k] & emails[one] for one in circle)}:
            circle |= more
        doubtful = any(sum(source in sources[one] for one in circle) > 1 for source in SOURCES)
        person = key if doubtful else min(circle, key=lambda one: (one not in bought, age[one], one))
        differing = "e-mails differ" if len(own) > 1 else None
        collision = "several customers share an e-mail" if doubtful else differing
        if person != key or collision:
            answers[key] = (person, collision)
    return answers


def land(run: Run, records: list[Record], orders: list[Order]) -> None:
    for source in SOURCES:
        folder = run.home.landing(run.as_of_date, source)
        folder.mkdir(parents=True)
        with LandingRecord(folder, run.as_of_date, "UTC", ".") as record:
            customers = [
                (r.key, r.email, r.created) for r in records if (r.source, r.loaded) == (source, run.as_of_date)
            ]
            bought = [(f"{key} {source}", key, day) for owner, key, day in orders if owner == source]
            stage(record, "customers", "customer_id, email, created_at", customers)
            stage(record, "orders", "order_id, customer_id, ordered_at", bought)
            (folder / "extract.json").write_text(json.dumps(record.finish()))
    load_day(run)


def stage(
    record: LandingRecord,
    entity: str,
    names: str,
    rows: Sequence[tuple[str, str | None, date]],
) -> None:
    record.connection.execute("create or replace temp table given (a varchar, b varchar, c date)")
    if rows:
        record.connection.executemany("insert into given values (?, ?, ?)", rows)
    one, two, three = names.split(", ")
    record.connection.execute(
        f"create or replace temp table staged as select a as {one}, b as {two}, c as {three}, row_number() over () as _line from given"
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
                "select source_customer_id, customer_id, collision from intermediate.int_customer_links_found "
                "where as_of_date = ?",
                [day],
            ).fetchall()
            expected = judge(day, records, orders)
            assert {key: (person, collision) for key, person, collision in rows} == expected, day
            assert len(rows) == len(expected)
            joined = sum(key != person for key, (person, _) in expected.items())
            assert joined >= 3, "the draw is too tame to prove anything"
            assert len({collision for _, collision in expected.values()}) == 3


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
    for _, key, person, matched_by, collision in rows:
        assert (person, collision) == expected.get(key, (key, None))
        assert matched_by == ("customer_id" if person == key else "email")
    assert "@" not in str(rows)
