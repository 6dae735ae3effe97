"""Which columns of a snapshot a model may read, which one names the customer, and why the others are left out."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ml.undated.reading import Profile
from ml.undated.rules import Rules
from wellkept.deployment.errors import BadInputError

_CUSTOMER_ID = re.compile(
    r"(customer|client|account|user|member|subscriber|person|contact)s?[ _-]?(id|key|no|nr|num|number|code)$"
)
_ID = re.compile(r"(^|[ _-])(id|key|uuid|guid|no|nr|num|number)$|^(index|unnamed: ?\d+|column0+)$")


@dataclass(frozen=True)
class Chosen:
    """The columns that enter, in the file's order, as number or text; and for each other one the reason."""

    key: str | None
    features: list[Profile]
    left_out: dict[str, str]


def find_column(columns: Iterable[str], option: str, wanted: str, file: str) -> str:
    """The column as the file writes it; a BadInputError lists those there are."""
    names = list(columns)
    if wanted in names:
        return wanted
    same = [name for name in names if name.casefold() == wanted.strip().casefold()]
    if len(same) == 1:
        return same[0]
    close = get_close_matches(wanted, names, 1, 0.6)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise BadInputError(f"{option} {wanted}: {file} has no such column{hint}; it has {', '.join(names)}")


def choose_columns(
    profiles: Sequence[Profile], rows: int, target: str, key: str | None, leave_out: Collection[str], rules: Rules
) -> Chosen:
    """The split of all columns but the target. Ids never enter; a repeated customer is a BadInputError."""
    others = [profile for profile in profiles if profile.name not in (target, key)]
    left_out = {profile.name: "as asked" for profile in others if profile.name in leave_out}
    others = [profile for profile in others if profile.name not in left_out]
    _check_one_row_each(others, rows)
    key = key or _find_key(others, rows)
    features = []
    for profile in others:
        reason = _why_not(profile, rows, rules) if profile.name != key else None
        if reason:
            left_out[profile.name] = reason
        elif profile.name != key:
            features.append(profile)
    order = {profile.name: place for place, profile in enumerate(profiles)}
    return Chosen(key, features, dict(sorted(left_out.items(), key=lambda item: order[item[0]])))


def check_key(profile: Profile, rows: int) -> None:
    """Every row has a key of its own; else a BadInputError."""
    if profile.known < rows:
        raise BadInputError(f"--key {profile.name}: {rows - profile.known:,} of {rows:,} rows have no value in it")
    if profile.distinct < rows:
        raise BadInputError(
            f"--key {profile.name}: {rows:,} rows have {profile.distinct:,} different values; a snapshot has one row a "
            "customer, or a customer would be in training and test at once: keep one row of each"
        )


def _find_key(profiles: Sequence[Profile], rows: int) -> str | None:
    """The column that names the customer: each value once, and text, or called an id."""
    unique = [profile for profile in profiles if profile.known == profile.distinct == rows]
    ids = [profile for profile in unique if profile.type == "text" or _is_called_id(profile.name)]
    named = [profile for profile in ids if _CUSTOMER_ID.search(_plain(profile.name))]
    called = [profile for profile in ids if _is_called_id(profile.name) and not profile.is_row_number]
    found = [*named, *called, *(profile for profile in ids if profile.type == "text")]
    return found[0].name if found else None


def _check_one_row_each(profiles: Sequence[Profile], rows: int) -> None:
    """Rows of one customer in training and test at once would tell the outcome, whatever else names the rows."""
    for profile in profiles:
        is_id = _CUSTOMER_ID.search(_plain(profile.name))
        if is_id and rows / 20 < profile.distinct < profile.known:
            raise BadInputError(
                f"{profile.name} looks like the customer's id, and {profile.known:,} rows have {profile.distinct:,} "
                "different values; a snapshot has one row a customer: keep one row of each, or say that it is none "
                f"with --leave-out {profile.name!r}"
            )


def _why_not(profile: Profile, rows: int, rules: Rules) -> str | None:
    """Why a column does not enter; None where it does."""
    is_text = profile.type == "text"
    is_unique = profile.distinct == profile.known == rows
    is_mostly_rare = profile.distinct > rules.max_categories and profile.common < rules.min_common_share * profile.known
    reasons = {
        "a date: without the day the file was made it tells no time": profile.type == "time",
        "neither numbers nor text": profile.type == "other",
        "empty": profile.known == 0,
        "the same for everybody": profile.distinct == 1 and profile.known == rows,
        "a running number": profile.is_row_number,
        "another value for everybody, as an id has": is_unique and (is_text or _is_called_id(profile.name)),
        f"text with {profile.distinct:,} different values in {profile.known:,} rows": is_text and is_mostly_rare,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_called_id(name: str) -> bool:
    plain = _plain(name)
    return bool(_ID.search(plain) or _CUSTOMER_ID.search(plain))


def _plain(name: str) -> str:
    """`CustomerID` as `customer_id`, so that one pattern knows all ways of writing."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower()
