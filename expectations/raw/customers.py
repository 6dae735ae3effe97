"""Landed customers. Only what makes a row useless is critical: a customer's orders count whatever the CRM says.

A created_at of 1970 stands for none, and staging reads it so: an imported contact must not lose its deletion by it.
"""

from expectations import rows
from expectations.rules import Rule, critical, warning
from wellkept.runs.run import Run


def rules(run: Run) -> list[Rule]:
    return [
        warning(rows.is_a_real_time("created_at")),
        critical(rows.is_a_real_time("deleted_at")),
        warning(rows.is_not_on_a_day_before("deleted_at", "created_at")),
        warning(rows.is_not_on_a_day_before("updated_at", "created_at")),
        warning(rows.is_written_like("email", "[^@ ]+@[^@ ]+[.][^@ ]+", "an e-mail address")),
        warning(rows.is_written_like("country", r"[^0-9@]{2,60}", "a country's name or code")),
        warning(
            rows.holds("birth_date is plausible", f"birth_date between date '1900-01-01' and date '{run.as_of_date}'")
        ),
    ]
