"""Which customer each source key is, as published. A collision is named by its keys, never by the e-mail."""

from expectations import rows, tables
from expectations.rules import Rule, Table, critical, warning
from wellkept.runs.run import Run

TABLE = Table("marts", "customer_keys", key=("source_system", "source_customer_id"))
_CUSTOMERS = "(select count(*) from warehouse.marts.customers)"
_SHARED = "coalesce(collision <> 'several customers share an e-mail', true)"
_DIFFERING = "coalesce(collision <> 'e-mails differ', true)"


def rules(run: Run) -> list[Rule]:
    return [
        critical(tables.has_rows()),
        critical(rows.is_of_day(run.as_of_date)),
        critical(
            tables.holds("leads to every customer, and to nobody else", f"count(distinct customer_id) = {_CUSTOMERS}")
        ),
        warning(rows.holds("no two customers of one source share an e-mail", _SHARED)),
        warning(rows.holds("one customer has one e-mail in all sources", _DIFFERING)),
    ]
