"""The company's books: what its systems hold on the morning of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "order_lines": ("order_id", "line_number"),
    "products": ("product_id",),
    "refunds": ("refund_id",),
    "payments": ("payment_id",),
    "campaigns": ("campaign_id",),
    "interactions": ("interaction_id",),
    "sessions": ("session_id",),
    "loyalty_events": ("event_id",),
}
"""The key columns of each table of the shop."""

DUPLICATED = ("payments", "interactions")
"""Tables of the shop in which some rows stand twice, exactly; the key holds in all others."""


@dataclass(frozen=True)
class Books:
    """Everything written before `today` 00:00 UTC: the shop's tables, and the CRM's objects by type."""

    today: date
    shop: Mapping[str, pa.Table]
    crm: Mapping[str, pa.Table]
