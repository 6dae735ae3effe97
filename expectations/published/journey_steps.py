"""Steps of journeys, as published: where customers are lost, with intervals that hold what they are about."""

from expectations import rows
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "journey_steps", key=("from_kind", "to_kind"))


def rules(run: Run) -> list[Rule]:
    return [
        critical(rows.is_of_day(run.as_of_date)),
        critical(rows.is_between("ordered_share", 0, 1)),
        critical(rows.is_between("lapsed_share", 0, 1)),
        critical(rows.is_between("expected_lapsed_share", 0, 1)),
        critical(rows.is_between("p_value", 0, 1)),
        critical(rows.is_not_before("lapse_lift", "lift_lower")),
        critical(rows.is_not_before("lift_upper", "lapse_lift")),
        critical(rows.holds("q_value is not under p_value", "q_value >= p_value - 1e-12")),
        critical(rows.holds("a tested row has an interval", "not is_tested or lift_lower is not null")),
        critical(rows.holds("only a tested row is significant", "is_tested or not is_significant")),
        warning(rows.holds("median_days is not negative", "median_days >= 0")),
    ]
