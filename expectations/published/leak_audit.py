"""The leak prover's verdicts, as published: the newest proof. Leaks are reported; nothing of the day is wrong with them."""

from expectations import rows
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("quality", "leak_audit", key=("as_of_date", "table_name", "column_name"), is_optional=True)
_NEWEST = "(select max(as_of_date) from warehouse.quality.leak_audit where as_of_date <= date '{}')"


def rules(run: Run) -> list[Rule]:
    newest = _NEWEST.format(run.as_of_date)
    return [
        critical(rows.is_one_of("verdict", "clean", "leak")),
        warning(rows.holds("nothing sees the future", f"verdict != 'leak' or as_of_date != {newest}")),
    ]
