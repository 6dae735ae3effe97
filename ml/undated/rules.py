"""The numbers that decide how a snapshot is trained and judged; one object, so that a test may take smaller ones."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Rules:
    """Tunables of a snapshot's training. They are part of a version: other rules, another version."""

    seed: int = 20_260_101
    folds: int = 5
    rounds: int = 3
    """Times the folds are drawn anew."""
    one_round_from: int = 50_000
    """Rows from which one round is enough: what folds are drawn moves the measures of so many little."""
    inner_folds: int = 3
    """Inside each training part, for choosing how to calibrate."""

    min_rows: int = 500
    min_of_each: int = 50
    """As many who churned, and as many who stayed."""
    max_cells: int = 100_000_000
    """Rows times columns after one-hot encoding that are held in memory: 0.8 GB."""
    max_categories: int = 30
    """Values of a text column that are told apart; the rarer ones are one."""
    min_common_share: float = 0.5
    """A text column whose most frequent values hold fewer of its rows says who it is (a surname), not what."""

    max_plausible_auc: float = 0.98
    """Of a model: above it the columns together tell the outcome."""
    max_single_auc: float = 0.9
    """Of one column alone: the strongest of IBM's Telco file is tenure with .74, and a reason for leaving has 1."""

    min_calibration_gain: float = 0.0005
    """Log-loss that Platt or isotonic must gain in the inner folds to be used."""
    min_isotonic_rows: int = 1000
    resamples: int = 400
    chance_samples: int = 200
    clear_gain: float = 0.01
    tolerable_calibration_excess: float = 0.05

    ridge_c: float = 0.1
    """scikit-learn's C for standardised columns."""
    lightgbm: Mapping[str, float | int] = field(
        default_factory=lambda: {
            "num_leaves": 6,
            "learning_rate": 0.05,
            "min_data_in_leaf": 30,
            "feature_fraction": 0.6,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "min_data_per_group": 30,
            "cat_l2": 10.0,
        }
    )
    trees: int = 150

    def rounds_of(self, rows: int) -> int:
        return 1 if rows >= self.one_round_from else self.rounds

    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)
