"""What each feature adds: TreeSHAP from tables, leaf paths, and the sum that must hold for every kind of model."""

from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.kinds.blend import blend
from ml.kinds.fitting import Fitted
from ml.kinds.floor import fit_recency_rule, fit_rfm_logistic
from ml.kinds.leaf_paths import follow_leaves
from ml.kinds.lightgbm_model import LightgbmModel
from ml.kinds.lightgbm_trees import read_trees
from ml.kinds.model import Model
from ml.kinds.tree_tables import hasten, tabulate
from ml.scoring.score_reasons import attribute_cheaply, attribute_exactly

Floats = NDArray[np.float64]

NAMES = [f"feature_{number}" for number in range(6)]


def make_matrix(rows: int, seed: int) -> Floats:
    """Counts, amounts and flags; one column is never unknown."""
    generator = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            generator.integers(0, 5, rows),
            generator.normal(0, 10, rows),
            generator.random(rows) < 0.3,
            generator.lognormal(2, 1, rows),
            generator.integers(-3, 4, rows),
            generator.normal(0, 1, rows),
        ]
    ).astype(float)
    matrix[:, 1:][generator.random((rows, 5)) < 0.2] = np.nan
    return matrix


def fit_trees(leaves: int, **settings: Any) -> LightgbmModel:
    matrix = make_matrix(2000, 1)
    known = np.nan_to_num(matrix)
    churned = (
        known[:, 0] + known[:, 1] / 10 * known[:, 2] - known[:, 4] * (known[:, 5] > 0) + np.isnan(matrix[:, 3]) > 1.5
    )
    parameters = {"objective": "binary", "num_leaves": leaves, "verbosity": -1, "seed": 1, "num_threads": 1, **settings}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, churned, feature_name=NAMES), 20)
    return LightgbmModel(NAMES, booster.model_to_string(), 1)


FEW = make_matrix(500, 3)[:, 0] > 2
MODELS = {
    "small trees": lambda: fit_trees(6),
    "the largest trees with tables": lambda: fit_trees(9),
    "larger trees": lambda: fit_trees(12),
    "bagged, regular and monotone": lambda: fit_trees(
        6, bagging_fraction=0.5, bagging_freq=1, lambda_l2=5.0, monotone_constraints=[1, 0, 0, 0, -1, 0]
    ),
    "trees without a split": lambda: fit_trees(6, min_data_in_leaf=1900),
    "recency rule": lambda: fit_recency_rule("days", make_matrix(500, 2)[:, :1], FEW, np.ones(500)),
    "a blend": lambda: blend(
        [fit_trees(6), fit_recency_rule(NAMES[3], make_matrix(500, 2)[:, 3:4], FEW, np.ones(500))]
    ),
    "regression": lambda: fit_rfm_logistic(NAMES, make_matrix(500, 2), FEW, np.ones(500)),
}


def unseen(model: Model) -> Floats:
    """Rows it was not fitted on, some with nothing known at all, also of what always was in training."""
    matrix = make_matrix(400, 4)[:, : len(model.features)]
    matrix[:20] = np.nan
    matrix[20:40, 0] = np.nan
    matrix[40:60] = 0.0
    return matrix


@pytest.mark.parametrize("kind", MODELS)
def test_contributions_sum_to_the_raw_score(kind: str) -> None:
    model: Model = hasten(Fitted(MODELS[kind]()))
    matrix = unseen(model)
    for attribution in (attribute_exactly(model), attribute_cheaply(model, threads=1)):
        contributions = attribution.contributions(matrix)
        assert contributions.shape == (len(matrix), len(model.features) + 1)
        np.testing.assert_allclose(contributions.sum(axis=1), model.predict_raw(matrix), atol=1e-9)


@pytest.mark.parametrize("kind", [kind for kind in MODELS if "trees" in kind or "bagged" in kind])
def test_tables_hold_what_lightgbm_works_out(kind: str) -> None:
    model: Model = MODELS[kind]()
    matrix = unseen(model)
    tables = tabulate(model.features, model.to_text())
    assert (tables is None) == (kind == "larger trees")
    if tables:
        assert (tables.predict_raw(matrix) == model.predict_raw(matrix)).all(), "to the last bit"
        np.testing.assert_allclose(tables.contributions(matrix), model.contributions(matrix), atol=1e-9)


def test_how_reasons_were_found_is_named() -> None:
    trees, regression = Fitted(MODELS["small trees"]()), Fitted(MODELS["regression"]())
    mixed = Fitted(MODELS["a blend"]())
    assert (attribute_exactly(mixed).reasons_by, attribute_cheaply(mixed, 1).reasons_by) == ("blend", "leaf_path")
    assert attribute_exactly(trees).reasons_by == "tree_shap"
    assert attribute_exactly(Fitted(MODELS["larger trees"]())).reasons_by == "tree_shap"
    assert attribute_cheaply(trees, 1).reasons_by == "leaf_path"
    assert (attribute_exactly(regression).reasons_by, attribute_cheaply(regression, 1).reasons_by) == (
        "coefficients",
    ) * 2


def test_a_leaf_path_gives_each_split_what_the_mean_changes_by() -> None:
    model = fit_trees(6)
    [*trees] = read_trees(model.text) or []
    paths = follow_leaves(model.features, model.text, 1)
    assert paths is not None
    for row in unseen(model)[::37]:
        expected = np.zeros(len(NAMES))
        for tree in trees:
            means, at = tree.expected(), 0
            while at >= 0:
                goes_left = bool(tree.goes_left(at, row[tree.features[at] : tree.features[at] + 1])[0])
                child = int(tree.left[at] if goes_left else tree.right[at])
                expected[tree.features[at]] += tree.value_at(child, means) - means[at]
                at = child
        np.testing.assert_allclose(paths.contributions(row[None, :])[0, :-1], expected, atol=1e-12)


def test_trees_that_split_as_ours_never_do_have_no_tables() -> None:
    generator = np.random.default_rng(1)
    matrix = generator.integers(0, 9, (600, 2)).astype(float)
    churned = matrix[:, 0] % 2
    by_category = {"categorical_feature": [0], "params": {"verbosity": -1}}
    settings = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix, churned, **by_category), 2)
    model = LightgbmModel(["a", "b"], booster.model_to_string(), 1)
    assert tabulate(model.features, model.text) is None
    exact, cheap = attribute_exactly(Fitted(model)), attribute_cheaply(Fitted(model), 1)
    assert (exact.reasons_by, cheap.reasons_by) == ("tree_shap", "tree_shap")
    np.testing.assert_allclose(exact.contributions(matrix), model.contributions(matrix))
