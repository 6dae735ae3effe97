"""Chance depends on its key alone."""

import numpy as np

from wellkept.demo.draws import event_lanes, key, lanes_of, pair, uniforms

LANES = lanes_of(np.arange(20_000))


def test_the_same_key_draws_the_same_and_more_lanes_change_none() -> None:
    few, many = pair(LANES[:100], key(1, "fate", 3)), pair(LANES, key(1, "fate", 3))
    for one, other in zip(few, many, strict=True):
        np.testing.assert_array_equal(one, other[:100])
    assert np.array_equal(uniforms(LANES[:100], key(1, "order", 3), 4), uniforms(LANES, key(1, "order", 3), 4)[:100])


def test_lanes_are_not_changed_by_drawing_from_them() -> None:
    before = LANES.copy()
    pair(LANES, key(1, "fate"))
    uniforms(LANES, key(1, "fate"), 2)
    np.testing.assert_array_equal(LANES, before)


def test_draws_are_uniform_and_have_nothing_to_do_with_each_other() -> None:
    first, second = pair(LANES, key(1, "fate", 3))
    others = [
        pair(LANES, key(2, "fate", 3))[0],
        pair(LANES, key(1, "fate", 4))[0],
        pair(LANES, key(1, "browse", 3))[0],
        pair(lanes_of(np.arange(20_000), 1), key(1, "fate", 3))[0],
        uniforms(event_lanes(np.arange(20_000), np.full(20_000, 3)), key(1, "fate"), 2)[:, 1],
    ]
    for drawn in (first, second, *others):
        counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
        assert ((counts - 2_000) ** 2 / 2_000).sum() < 30
    for other in (second, *others):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.03
