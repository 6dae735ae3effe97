"""What every CRM object has: an id of digits, when it was made and changed, and whose it is."""

from datetime import date

import numpy as np
import pyarrow as pa

from wellkept.demo.arrays import NEVER, Integers, as_digits, as_times
from wellkept.demo.life import Life

FIRST_IDS = {
    "contacts": 1_000_001,
    "companies": 2_000_001,
    "deals": 3_000_001,
    "tickets": 4_000_001,
    "calls": 5_000_001,
    "emails": 6_000_001,
    "meetings": 7_000_001,
    "feedback_submissions": 8_000_001,
    "subscriptions": 9_000_001,
}
"""Each type counts on from here, in the order its objects are made."""


def object_ids(kind: str, numbers: Integers) -> pa.Array:
    """The ids of a type's objects."""
    return as_digits(numbers + FIRST_IDS[kind])


def crm_object(
    kind: str,
    life: Life,
    numbers: Integers,
    created: Integers,
    updated: Integers,
    contact: Integers | None = None,
    archived: Integers | None = None,
    **properties: pa.Array,
) -> pa.Table:
    """The objects of a type, all made before the life's end, with their properties as text."""
    first_day: date = life.charter.first_day
    archived_at = np.full(len(numbers), NEVER) if archived is None else archived
    is_archived = archived_at < life.end
    columns = {
        "id": object_ids(kind, numbers),
        "created_at": as_times(created, first_day),
        "updated_at": as_times(updated, first_day),
        "archived": pa.array(is_archived),
        "archived_at": as_times(archived_at, first_day, missing=~is_archived),
    }
    if contact is not None:
        columns["contact_id"] = object_ids("contacts", contact)
    return pa.table(columns | properties)
