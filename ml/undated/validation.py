"""Repeated cross-validation: every customer judged by models that never saw the row, once a round."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.undated.fitting import BASE_RATE, KINDS, Fitted, fit_calibrated
from ml.undated.folds import draw_folds
from ml.undated.rules import Rules
from ml.undated.table import Customers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OutOfFold:
    """What each kind of model said of rows it had not seen; risks are rounds x customers."""

    folds: list[NDArray[np.int64]]
    risks: dict[str, Floats]
    first: dict[str, list[Fitted]]
    """The models of the first round by fold: those whose risks and reasons are told of the customers."""

    def explain(self, kind: str, matrix: Floats) -> tuple[Floats, Floats]:
        """Raw scores of the first round, and what each column adds to them (the bias last): they sum to the score."""
        raw = np.empty(len(matrix))
        terms = np.empty((len(matrix), matrix.shape[1] + 1))
        for fold, fitted in enumerate(self.first[kind]):
            is_in = self.folds[0] == fold
            raw[is_in] = fitted.model.predict_raw(matrix[is_in])
            terms[is_in] = fitted.model.contributions(matrix[is_in])
        return raw, terms


def cross_validate(
    customers: Customers,
    rules: Rules,
    threads: int,
    tell: Callable[[str], None],
    check: Callable[[Floats], None] = lambda risks: None,
) -> OutOfFold:
    """Fit every kind of model on all folds but one and let it speak of that one, for each fold of each round.

    `check` gets each model's risks of the first round as soon as they are known, and may raise to spare the others.
    """
    rounds = rules.rounds_of(customers.rows)
    risks = {kind: np.empty((rounds, customers.rows)) for kind in KINDS}
    first: dict[str, list[Fitted]] = {kind: [] for kind in KINDS if kind != BASE_RATE}
    drawn = []
    for number in range(rounds):
        tell(f"cross-validating, round {number + 1} of {rounds}")
        folds = draw_folds(customers.churned, rules.folds, rules.seed, number)
        drawn.append(folds)
        for fold in range(rules.folds):
            is_in = folds == fold
            for kind in KINDS:
                fitted = fit_calibrated(
                    kind, customers.columns, customers.matrix[~is_in], customers.churned[~is_in], rules, threads
                )
                risks[kind][number, is_in] = fitted.predict_risk(customers.matrix[is_in])
                if number == 0 and kind in first:
                    first[kind].append(fitted)
        if number == 0:
            for kind in first:
                check(risks[kind][0])
    return OutOfFold(drawn, risks, first)
