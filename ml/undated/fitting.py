"""A procedure from rows to a calibrated model; what is cross-validated is all of it, calibration too."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.kinds.calibration import NONE, Calibration, calibration_from_text
from ml.kinds.lightgbm_model import LightgbmModel
from ml.undated.calibration import choose_calibration
from ml.undated.folds import draw_folds
from ml.undated.logistic import BaseRate, Logistic, fit_base_rate, fit_logistic, simple_from_text
from ml.undated.rules import Rules
from ml.undated.table import Column

Floats = NDArray[np.float64]
BASE_RATE, LOGISTIC, LIGHTGBM = BaseRate.kind, Logistic.kind, LightgbmModel.kind
KINDS = (BASE_RATE, LOGISTIC, LIGHTGBM)
NAMES = {BASE_RATE: "base rate", LOGISTIC: "logistic regression", LIGHTGBM: "LightGBM"}
_INNER_DRAW = 1000
_ROWS_A_THREAD = 200_000
Raw = BaseRate | Logistic | LightgbmModel


@dataclass(frozen=True)
class Fitted:
    """A model and its calibration."""

    kind: str
    model: Raw
    calibration: Calibration

    def predict_risk(self, matrix: Floats) -> Floats:
        """The probability of each row."""
        return self.calibration.to_risk(self.model.predict_raw(matrix))


def fit_calibrated(
    kind: str, columns: Sequence[Column], matrix: Floats, churned: Floats, rules: Rules, threads: int
) -> Fitted:
    """The model of all rows, and the calibration that inner folds of them chose."""
    model = _fit(kind, columns, matrix, churned, rules, threads)
    if kind == BASE_RATE:
        return Fitted(kind, model, NONE)
    folds = draw_folds(churned, rules.inner_folds, rules.seed, _INNER_DRAW)
    raw = np.empty(len(churned))
    for fold in range(rules.inner_folds):
        is_in = folds == fold
        raw[is_in] = _fit(kind, columns, matrix[~is_in], churned[~is_in], rules, threads).predict_raw(matrix[is_in])
    return Fitted(kind, model, choose_calibration(raw, churned, folds, rules))


def load_raw(kind: str, columns: int, text: str, threads: int) -> Raw:
    """A model from its text."""
    return LightgbmModel(_names(columns), text, threads) if kind == LIGHTGBM else simple_from_text(text)


def file_of(kind: str) -> str:
    """The name of a model's file: LightGBM's own text, or JSON."""
    return "model.txt" if kind == LIGHTGBM else "model.json"


def _fit(kind: str, columns: Sequence[Column], matrix: Floats, churned: Floats, rules: Rules, threads: int) -> Raw:
    if kind == BASE_RATE:
        return fit_base_rate(matrix, churned)
    if kind == LOGISTIC:
        return fit_logistic(columns, matrix, churned, rules.ridge_c)
    return _fit_lightgbm(columns, matrix, churned, rules, threads)


def _fit_lightgbm(
    columns: Sequence[Column], matrix: Floats, churned: Floats, rules: Rules, threads: int
) -> LightgbmModel:
    """Small trees; text columns are LightGBM's own categories, by their codes. Equal rows give equal bytes."""
    import lightgbm

    # A file may call its columns anything, and LightGBM takes not every sign: they go by place.
    names = _names(len(columns))
    data = lightgbm.Dataset(
        matrix,
        churned,
        feature_name=names,
        categorical_feature=[place for place, column in enumerate(columns) if column.kind == "category"],
        params={"verbosity": -1},
        free_raw_data=True,
    )
    settings = {
        **rules.lightgbm,
        "feature_fraction": max(rules.lightgbm["feature_fraction"], min(1.0, 2 / len(columns))),  # at least two a tree
        "objective": "binary",
        "seed": rules.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": min(threads, 1 + len(matrix) // _ROWS_A_THREAD),
        "verbosity": -1,
    }
    booster = lightgbm.train(settings, data, num_boost_round=rules.trees)
    return LightgbmModel(names, booster.model_to_string(), threads)


def _names(columns: int) -> list[str]:
    return [f"column_{place}" for place in range(columns)]


def describe_fit(columns: Sequence[Column], fitted: Fitted) -> str:
    """What the model's file does not hold: how a column becomes a number, and a score a risk. As JSON."""
    content = {
        "kind": fitted.kind,
        "columns": [column.as_dict() for column in columns],
        "calibration": json.loads(fitted.calibration.to_text()),
    }
    return json.dumps(content, indent=2) + "\n"


def read_fit(described: str, model_text: str, threads: int) -> tuple[list[Column], Fitted]:
    """The columns and the model that `describe_fit` and the model's text tell of."""
    content = json.loads(described)
    columns = [Column(**{**one, "categories": tuple(one["categories"])}) for one in content["columns"]]
    calibration = calibration_from_text(json.dumps(content["calibration"]))
    model = load_raw(content["kind"], len(columns), model_text, threads)
    return columns, Fitted(content["kind"], model, calibration)
