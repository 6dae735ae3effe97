"""The company's life: day after day from the first, and all that happened in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from wellkept.demo.arrays import DAY_SECONDS, Columns, Shorts, Singles
from wellkept.demo.draws import Lanes, key, lanes_of, pair
from wellkept.demo.people import People, gather_people
from wellkept.demo.season import NEWSLETTER_DAY, Day, day_of
from wellkept.demo.state import HERE, LOOKING, State, newborn
from wellkept.demo.step import Happened, step
from wellkept.demo.truth import FIRST_DAY, Truth

KINDS = ("orders", "arrivals", "subscriptions", "contacts", "returns", "departures")


@dataclass(frozen=True)
class Charter:
    """What makes a company: the same charter is the same company, on every day."""

    seed: int = 7
    customers: int = 4000
    first_day: date = FIRST_DAY


@dataclass(frozen=True)
class Life:
    """All that happened before day `days`, by kind: columns `day` and `who`, and what else there is to say."""

    charter: Charter
    truth: Truth
    days: int
    people: People
    joined: int
    """How many have an account: the first so many of the people."""
    state: State
    lanes: Lanes
    happened: dict[str, Columns]
    moods: dict[int, "Mood"]
    """How everybody stood on the days of the newsletter."""

    @property
    def end(self) -> int:
        """The second at which the life ends."""
        return self.days * DAY_SECONDS

    def day(self, number: int) -> Day:
        """The company's day of that number."""
        return day_of(self.truth, self.charter.first_day, number)

    def key(self, purpose: str) -> np.uint64:
        """The key of a purpose, for draws about happenings."""
        return key(self.charter.seed, purpose)


@dataclass(frozen=True)
class Mood:
    """How everybody with an account stood at the end of a day."""

    stage: Shorts
    pace: Singles
    last: Singles


Watch = Callable[[Day, Happened], None]


def live(charter: Charter, days: int, watch: Watch | None = None, truth: Truth | None = None) -> Life:
    """The company's life up to the morning of day `days`; `watch` sees each day."""
    truth = truth or Truth()
    people = gather_people(charter.seed, truth, charter.customers, days)
    state = newborn(people.first_wait, people.created)
    lanes = lanes_of(np.arange(len(people)))
    collected: dict[str, list[Columns]] = {kind: [] for kind in (*KINDS, "sessions")}
    moods: dict[int, Mood] = {}
    joined = np.searchsorted(people.created, np.arange(days + 1))  # a first day is the one after joining
    for number, count in enumerate(joined[:-1].tolist()):
        day, part = day_of(truth, charter.first_day, number), state.first(count)
        happened = step(truth, people.traits.first(count), part, lanes[:count], charter.seed, day)
        for kind in KINDS:
            collected[kind].append(_dated(day, getattr(happened, kind)))
        browse_key = key(charter.seed, "browse", number)
        collected["sessions"].append(_dated(day, _browse(truth, people, part, lanes[:count], day, browse_key)))
        if day.date.day == NEWSLETTER_DAY:
            moods[number] = Mood(part.stage.copy(), part.pace.copy(), part.last.copy())
        if watch:
            watch(day, happened)
    happenings = {kind: _joined(parts) for kind, parts in collected.items()}
    return Life(charter, truth, days, people, int(joined[-1]), state, lanes, happenings, moods)


def live_on(life: Life, days: int) -> Iterator[Happened]:
    """What happens on the `days` after a life's last, to those who have joined; the life itself is not changed."""
    state, traits = life.state.take(np.arange(life.joined)), life.people.traits.first(life.joined)
    for number in range(life.days, life.days + days):
        yield step(life.truth, traits, state, life.lanes[: life.joined], life.charter.seed, life.day(number))


def _browse(truth: Truth, people: People, state: State, lanes: Lanes, day: Day, of: np.uint64) -> Columns:
    """Who looks at the shop today: less and less in silence and while fading, nobody who has left."""
    drawn, depth = pair(lanes, of)
    who = np.flatnonzero(drawn < people.browsing[: len(state)])
    silence = (day.number - state.last[who]) / people.traits.gap[who] - truth.silence_after
    keen = state.pace[who] ** truth.browse_fading * np.exp(-truth.browse_silence * np.maximum(silence, 0))
    who = who[(drawn[who] < people.browsing[who] * keen) & np.isin(state.stage[who], (LOOKING, HERE))]
    return {"who": who, "depth": depth[who]}


def _dated(day: Day, columns: Columns) -> Columns:
    return {"day": np.full(len(columns["who"]), day.number)} | columns


def _joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
