"""Landed survey responses: a score out of its survey's range says nothing."""

from expectations import rows
from expectations.rules import Rule, critical
from wellkept.runs.run import Run

_IN_RANGE = """
case survey when 'nps' then score between 0 and 10 when 'csat' then score between 1 and 5
    when 'ces' then score between 1 and 7 end
"""


def rules(_: Run) -> list[Rule]:
    return [
        critical(rows.is_a_real_time("responded_at")),
        critical(rows.is_one_of("survey", "nps", "csat", "ces")),
        critical(rows.holds("score is in its survey's range: nps 0-10, csat 1-5, ces 1-7", _IN_RANGE)),
    ]
