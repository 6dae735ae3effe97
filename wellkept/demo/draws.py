"""Chance by key: a uniform draw depends on seed, purpose, day and person alone, never on what was drawn before it."""

import hashlib

import numpy as np
import numpy.typing as npt

from wellkept.demo.arrays import Floats, Integers, Singles

Lanes = npt.NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_REPLICATE = np.uint64(32)


def lanes_of(numbers: Integers, replicate: Integers | int = 0) -> Lanes:
    """One lane of chance per number; replicate 0 is the life that really happens."""
    spread: Lanes = np.asarray(replicate).astype(np.uint64) << _REPLICATE
    return (numbers.astype(np.uint64) + spread) * _GOLDEN


def event_lanes(first: Integers, *further: Integers) -> Lanes:
    """One lane per event, known by its numbers: a customer and a day, say, and a position."""
    lanes = _mixed(lanes_of(first))
    for numbers in further:
        lanes = _mixed(lanes + lanes_of(numbers))
    return lanes


def key(seed: int, purpose: str, day: int = 0) -> np.uint64:
    """The key of one purpose on one day."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{day}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def pair(lanes: Lanes, of: np.uint64) -> tuple[Singles, Singles]:
    """Two independent draws in [0, 1) per lane, of 24 bits each: enough for a day's small chances."""
    halves = _mixed(lanes + of).view(np.uint32)
    return _single(halves[0::2]), _single(halves[1::2])


def _single(bits: npt.NDArray[np.uint32]) -> Singles:
    drawn = (bits >> np.uint32(8)).astype(np.float32)
    drawn *= np.float32(2**-24)
    return drawn


def uniforms(lanes: Lanes, of: np.uint64, columns: int) -> Floats:
    """A row of draws in [0, 1) per lane."""
    steps = (np.arange(columns) + 1).astype(np.uint64) * _GOLDEN
    mixed = _mixed(_mixed(lanes + of)[:, None] + steps)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def uniform(lanes: Lanes, of: np.uint64) -> Floats:
    """One draw in [0, 1) per lane."""
    return (_mixed(lanes + of) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(lanes: Lanes) -> Lanes:
    """SplitMix64's last step (Steele, Lea and Flood, 2014); takes and changes a fresh array."""
    lanes ^= lanes >> np.uint64(30)
    lanes *= np.uint64(0xBF58476D1CE4E5B9)
    lanes ^= lanes >> np.uint64(27)
    lanes *= np.uint64(0x94D049BB133111EB)
    lanes ^= lanes >> np.uint64(31)
    return lanes
