"""Names, e-mail addresses and telephone numbers: made up, under example.com and in a range that rings nowhere."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellkept.demo.arrays import Flags, Floats, Integers, as_digits, as_ids

_FIRST = (
    "Ada Aisha Alma Ben Bruno Carla Chen Clara Dario David Elena Emil Fatima Felix Greta Hana Hugo Ida Ines Ivan "
    "Jana Jonas Kofi Lara Leo Lina Luca Maja Marek Mia Nadia Noah Olga Omar Paul Rosa Sami Sofia Tom Zoe"
)
_LAST = (
    "Adler Baker Bauer Becker Brandt Castro Costa Dubois Eriksen Ferrari Fischer Garcia Hansen Hoffmann Ivanova "
    "Jansen Keller Kim Klein Larsen Lopez Martin Meyer Moreau Murphy Novak Okafor Petrov Popescu Rossi Santos "
    "Schmidt Silva Singh Smith Taylor Torres Weber Wilson Young"
)
FIRST_NAMES, LAST_NAMES = tuple(_FIRST.split()), tuple(_LAST.split())
PLACES = (("GB", "Leeds"), ("GB", "Bristol"), ("DE", "Bremen"), ("DE", "Leipzig"), ("FR", "Lyon"), ("IE", "Cork"))
PLACE_WEIGHTS = (0.30, 0.18, 0.20, 0.12, 0.14, 0.06)


def first_names(drawn: Floats) -> pa.Array:
    """A first name per draw."""
    return _one_of(FIRST_NAMES, drawn)


def last_names(drawn: Floats) -> pa.Array:
    """A last name per draw."""
    return _one_of(LAST_NAMES, drawn)


def emails(first: pa.Array, last: pa.Array, numbers: Integers, mailbox: str = "") -> pa.Array:
    """An address of its own for each number; another `mailbox` is another address of the same person."""
    name = pc.utf8_lower(pc.binary_join_element_wise(first, last, "."))
    return pc.binary_join_element_wise(
        name, as_digits(numbers), pc.binary_join_element_wise(mailbox, "@example.com", ""), ""
    )


def phones(drawn: Floats) -> pa.Array:
    """A number of the range kept for drama."""
    return as_ids("+44 7700 900", (drawn * 1000).astype(np.int64), width=3)


def countries(places: Integers) -> pa.Array:
    return pa.array([country for country, _ in PLACES]).take(pa.array(places))


def cities(places: Integers) -> pa.Array:
    return pa.array([city for _, city in PLACES]).take(pa.array(places))


def shares_address(drawn: Floats, share: float) -> Flags:
    """Who gives the address of the customer before: two accounts of one household."""
    shared = drawn < share
    shared[:1] = False
    alone: Flags = shared & ~np.r_[False, shared[:-1]]
    return alone


def _one_of(names: tuple[str, ...], drawn: Floats) -> pa.Array:
    return pa.array(names).take(pa.array((drawn * len(names)).astype(np.int64)))
