"""The model of the whole demo company beside what is true of it: how near to the best, and whether reasons are the causes."""

import duckdb
import numpy as np
import pytest
from demo_homes import DAY
from deployments import Deployment

from ml.evaluate import auc
from ml.scoring.explain import theme_of

pytestmark = pytest.mark.soak

# Hazards per day from which a cause counts as one, some half of what the event adds; and the reasons that tell of it.
CAUSES = {
    "tickets": (0.005, {"tickets", "feedback", "frictions"}),
    "payments": (0.003, {"payments", "frictions"}),
    "delivery": (0.004, {"refunds", "tickets", "feedback", "frictions"}),
}
SILENT_FROM = 0.005


@pytest.fixture(scope="module")
def connection(whole_company: Deployment) -> duckdb.DuckDBPyConnection:
    truth = whole_company.home / "demo" / "truth"
    edition = (whole_company.home / "published" / "wellkept.duckdb").resolve()
    connection = duckdb.connect()
    connection.execute(f"attach '{edition}' as edition (read_only)")
    connection.execute(f"create view outcomes as from read_parquet('{truth / 'outcomes.parquet'}')")
    # Who could still leave on the eve, and the most that each cause added in the two months before.
    connection.execute(
        f"""
        create table here as
        select customer_id::varchar as customer_id, max(tickets) as tickets, max(payments) as payments,
            max(delivery) as delivery, arg_max(silence, day) as silence
        from read_parquet('{truth / "hazards.parquet"}') where day >= date '{DAY}' - 60
        group by all having max(day) >= date '{DAY}' - 1
        """
    )
    return connection


def test_the_model_reaches_nine_tenths_of_what_the_truth_reaches(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "select churn_risk, p_no_order, not has_ordered as churned from edition.churn_risk "
        "inner join outcomes using (customer_id) where churn_risk is not null"
    ).fetchnumpy()
    churned = np.asarray(rows["churned"], float)
    model, true = (auc(churned, np.asarray(rows[name], float)) for name in ("churn_risk", "p_no_order"))
    assert model - 0.5 >= 0.9 * (true - 0.5)


def told(connection: duckdb.DuckDBPyConnection, condition: str, themes: set[str]) -> dict[int, tuple[int, int]]:
    """By decile: customers of the condition, and those who have a reason of these themes that raises their risk."""
    rows = connection.execute(
        f"""
        select risk_decile, [
            if(reason_1_contribution > 0, reason_1_feature, null), if(reason_2_contribution > 0, reason_2_feature, null),
            if(reason_3_contribution > 0, reason_3_feature, null)
        ]
        from edition.churn_risk inner join here using (customer_id) where risk_decile is not null and {condition}
        """
    ).fetchall()
    counts: dict[int, tuple[int, int]] = {}
    for decile, reasons in rows:
        customers, hits = counts.get(decile, (0, 0))
        is_hit = any(theme_of(name) in themes for name in reasons if name)
        counts[decile] = (customers + 1, hits + is_hit)
    return counts


@pytest.mark.parametrize("cause", CAUSES)
def test_who_has_a_cause_has_it_among_the_reasons_twice_as_often_as_others_of_the_decile(
    connection: duckdb.DuckDBPyConnection, cause: str
) -> None:
    limit, themes = CAUSES[cause]
    having, others = (told(connection, f"{cause} {sign} {limit}", themes) for sign in (">", "<="))
    hits = sum(hits for _, hits in having.values())
    expected = sum(customers * others[decile][1] / others[decile][0] for decile, (customers, _) in having.items())
    assert sum(customers for customers, _ in having.values()) > 20
    assert hits >= 2 * expected


def test_who_is_silent_is_told_so(connection: duckdb.DuckDBPyConnection) -> None:
    """Others of their decile are told so too: silence is what put them there."""
    having = told(connection, f"silence > {SILENT_FROM}", {"silence"}).values()
    assert sum(hits for _, hits in having) >= 0.9 * sum(customers for customers, _ in having)
