"""When a back-test of what was said warns, and when it fails: the block `monitoring` of a spec."""

from pydantic import BaseModel, ConfigDict


class Monitoring(BaseModel):
    """What is asked of a matured day; each limit is passed only by more than chance explains."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_customers: int
    min_positives: int
    max_rows: int
    warning_auc_loss: float
    critical_auc_loss: float
    warning_odds_ratio: float
    critical_odds_ratio: float
