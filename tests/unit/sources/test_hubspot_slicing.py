"""Slices of time: everything once, and none larger than a search can page through."""

from hypothesis import given
from hypothesis import strategies as st

from wellkept.sources.hubspot.slicing import Slice, cut

_TIMES = st.lists(st.one_of(st.integers(0, 50), st.integers(0, 10_000_000)), max_size=60)


def _slices(times: list[int], start: int, window: int) -> list[Slice]:
    def total(first: int, end: int | None) -> int:
        return sum(first <= one and (end is None or one < end) for one in times)

    return list(cut(start, lambda: max(times), total, window))


def _is_in(one: int, piece: Slice) -> bool:
    return piece.start <= one and (piece.end is None or one < piece.end)


@given(times=_TIMES, start=st.integers(0, 1_000), window=st.integers(1, 20))
def test_every_object_since_the_start_lies_in_exactly_one_slice(times: list[int], start: int, window: int) -> None:
    slices = _slices(times, start, window)
    assert all(sum(_is_in(one, piece) for piece in slices) == (one >= start) for one in times)


@given(times=_TIMES, window=st.integers(1, 20))
def test_no_slice_is_empty_or_too_large_to_page_through_unless_it_is_one_instant(times: list[int], window: int) -> None:
    for piece in _slices(times, 0, window):
        held = [one for one in times if _is_in(one, piece)]
        assert len(held) > 0
        assert len(held) <= window or (piece.is_by_id and len({*held}) == 1 and piece.end == piece.start + 1)


@given(times=_TIMES, window=st.integers(1, 20))
def test_slices_come_in_the_order_of_time(times: list[int], window: int) -> None:
    starts = [piece.start for piece in _slices(times, 0, window)]
    assert starts == sorted(starts)


def test_what_fits_into_one_search_is_one_open_slice() -> None:
    assert _slices([3, 5, 9], 4, window=2) == [Slice(4, None)]


def test_what_is_written_while_we_read_comes_in_a_last_open_slice() -> None:
    times = [1, 2, 3]
    counted: list[int] = []

    def total(first: int, end: int | None) -> int:
        counted.append(first)
        if len(counted) == 5:  # after the cut has begun
            times.append(8)
        return sum(first <= one and (end is None or one < end) for one in times)

    assert list(cut(0, lambda: 3, total, window=1))[-1] == Slice(4, None)
