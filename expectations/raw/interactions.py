"""Landed interactions: what the firm and a customer said to each other."""

from expectations import rows
from expectations.rules import Rule, critical
from wellkept.runs.run import Run

_CHANNELS = ("email", "sms", "push", "call", "chat", "social", "in_app", "store", "event")
_KINDS = (
    "sent",
    "delivered",
    "open",
    "click",
    "reply",
    "bounce",
    "unsubscribe",
    "call",
    "meeting",
    "visit",
    "attended",
)


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("occurred_at")),
        critical(rows.is_one_of("channel", *_CHANNELS)),
        critical(rows.is_one_of("kind", *_KINDS)),
        critical(rows.is_one_of("direction", "in", "out")),
    ]
