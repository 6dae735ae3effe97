"""A champion without a training: for tests of what scores, not of what is promoted."""

import json

import duckdb

from features import registry
from ml.kinds.lightgbm_model import LightgbmModel, fit_lightgbm
from ml.kinds.recipe import LIGHTGBM, Recipe
from ml.matrix import to_floats, to_matrix
from ml.promote import describe_parameters
from ml.spec import ModelSpec
from ml.versions import Version, hash_features, insert_version, save_files, sha256
from wellkept.deployment.clock import utc_now
from wellkept.runs.run import Run


def crown(run: Run, spec: ModelSpec, model_version: str = "trained", max_rows: int = 2000) -> Version:
    """A LightGBM of the spec, fitted on the newest matured rows of the shop, is champion from the run's day on."""
    model = _fit(run, spec, max_rows)
    known = registry.load_by_name()
    version = Version(
        model_name=spec.name,
        model_version=model_version,
        sequence=0,
        kind=LIGHTGBM,
        trained_as_of=run.as_of_date,
        promoted_as_of=run.as_of_date,
        grade="C",
        base_rate=0.4,
        training_rows=max_rows,
        training_days=1,
        first_training_date=run.as_of_date,
        last_training_date=run.as_of_date,
        metrics="{}",
        features=json.dumps(model.features),
        feature_set_hash=hash_features(model.features, known, run) or "",
        parameters=describe_parameters(run, spec),
        recipe=Recipe(LIGHTGBM, tuple(model.features), 180, spec.lightgbm).to_text(),
        content_hash=model_version,
        model_sha256=sha256(model.to_text()),
        calibration=None,
        run_id=run.run_id,
        created_at=utc_now().replace(tzinfo=None),
    )
    training_set = run.home.root / "training_set.json"
    training_set.write_text(json.dumps({"features": [], "definition_hashes": {}}))
    save_files(run, version, model.to_text(), {}, training_set)
    return insert_version(run, version)


def _fit(run: Run, spec: ModelSpec, max_rows: int) -> LightgbmModel:
    with duckdb.connect(str(run.home.warehouse)) as connection:
        rows = connection.execute(
            f"select is_churned, {', '.join(spec.features)} from features.feature_customer__orders "
            "inner join labels.label_customer__purchase_churn using (customer_id, as_of_date) where is_churned is not null "
            f"order by as_of_date desc, customer_id limit {max_rows}"
        ).to_arrow_table()
    churned = to_floats(rows["is_churned"])
    matrix = to_matrix(rows, spec.features)
    return fit_lightgbm(spec.features, matrix, churned, churned * 0 + 1, spec.lightgbm, monotone={}, threads=1)
