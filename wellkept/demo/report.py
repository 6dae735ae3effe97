"""How well the model's scores foretell what the demo company's customers will do, beside the best anyone could do."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from sklearn.metrics import roc_auc_score

from wellkept.warehouse.sql import literal


@dataclass(frozen=True)
class Foresight:
    """Scores of a day, judged by the days that follow it in the company's own life."""

    customers: int
    """With a score, so with an order in the last year and an account that is open."""
    churned_share: float
    model_auc: float
    true_auc: float
    """Of the true probabilities: what one would reach who knew all that moves the customers, but not the dice (outcomes.py)."""

    @property
    def difference(self) -> float:
        return self.true_auc - self.model_auc


def judge_scores(edition: Path, outcomes: Path) -> Foresight | None:
    """The edition's churn risks against the company's future (`outcomes.parquet` of its truth); None without scores."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(edition))} as edition (read_only)")
        rows = connection.execute(
            """
            select risks.churn_risk, outcomes.p_no_order, not outcomes.has_ordered as is_churned
            from edition.churn_risk as risks inner join read_parquet(?) as outcomes using (customer_id)
            where risks.churn_risk is not null
            """,
            [str(outcomes)],
        ).fetchnumpy()
    churned = rows["is_churned"]
    if len(churned) == 0 or churned.all() or not churned.any():
        return None
    return Foresight(
        customers=len(churned),
        churned_share=float(churned.mean()),
        model_auc=float(roc_auc_score(churned, rows["churn_risk"])),
        true_auc=float(roc_auc_score(churned, rows["p_no_order"])),
    )
