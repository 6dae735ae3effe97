"""Landed loyalty events: what is earned is added, what is redeemed or expires is taken away, an adjustment may do either."""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("occurred_at")),
        critical(rows.is_one_of("kind", "earn", "redeem", "expire", "adjust")),
        warning(rows.holds("what is earned is not negative", "kind <> 'earn' or points >= 0")),
        warning(rows.holds("points are not 0", "points <> 0")),
    ]
