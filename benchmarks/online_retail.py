"""Judge the one recipe on three days of a real shop, through the whole day's run, beside every floor model.

    python -m benchmarks.online_retail ../shared/data/online_retail_ii /tmp/online_retail

Each day gets a home of its own under the second folder. Outcomes are counted in the landing files, not in the warehouse.
Another shop, or another definition of churn, is another folder with orders.parquet, other days and other numbers of days.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features import registry
from features.reads import read
from ml.dataset import Dataset
from ml.evaluate import auc, log_losses
from ml.kinds.fitting import fit
from ml.kinds.recipe import list_floor
from ml.matrix import to_matrix
from ml.spec import load_spec
from wellkept.cli.run import run_day
from wellkept.deployment.paths import MODEL_SPECS
from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

DAYS = (date(2011, 3, 10), date(2011, 6, 10), date(2011, 9, 10))
_SPEC = load_spec(MODEL_SPECS / "churn_risk" / "spec.yml")


@dataclass(frozen=True)
class Result:
    """One day: the champion and the floor models on the same customers."""

    as_of_date: str
    champion: str
    grade: str
    customers: int
    churned: float
    auc: float
    log_loss: float
    floor: dict[str, dict[str, float]]
    """AUC and log-loss of each floor model."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line a day and the means, and the same as JSON into `results.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the folder with the landing files")
    parser.add_argument("homes", type=Path, help="where the homes go, one a day")
    parser.add_argument("--day", action="append", type=date.fromisoformat, help="another day than the three")
    parser.add_argument("--horizon-days", type=int, default=90)
    parser.add_argument("--eligible-days", type=int, default=365)
    given = parser.parse_args(arguments)
    definition = {"horizon_days": given.horizon_days, "eligible_days": given.eligible_days}
    results = [judge_day(given.source.resolve(), given.homes, day, definition) for day in given.day or DAYS]
    _show(results)
    (given.homes / "results.json").write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    return 0


def judge_day(source: Path, homes: Path, day: date, definition: Mapping[str, int]) -> Result:
    """Run the day in its home, unless it is published there already, and compare what it says with what happened."""
    run = make_run(day, source=source, overrides=definition, settings=Settings(home=homes / day.isoformat()))
    if not run.home.link.exists():
        run_day(run, source)
    outcomes = _read_outcomes(source, day, definition)
    with duckdb.connect(str(run.home.link.resolve()), read_only=True) as edition:
        scores = edition.execute(
            "select customer_id, churn_risk from churn_risk where churn_risk is not null order by customer_id"
        ).fetchall()
        champion, grade = edition.execute("select model_version, model_grade from edition").fetchall()[0]
        kind = edition.execute("select kind from model_versions where model_version = ?", [champion]).fetchall()[0][0]
    customers = [customer for customer, _ in scores]
    churned = np.array([float(outcomes[customer]) for customer in customers])
    risk = np.array([risk for _, risk in scores])
    return Result(
        as_of_date=day.isoformat(),
        champion=kind,
        grade=grade,
        customers=len(customers),
        churned=float(churned.mean()),
        **_measure(churned, risk),
        floor={name: _measure(churned, risk) for name, risk in _predict_floor(run, customers).items()},
    )


def _measure(churned: np.ndarray, risk: np.ndarray) -> dict[str, float]:
    return {"auc": auc(churned, risk), "log_loss": float(log_losses(churned, risk).mean())}


def _read_outcomes(source: Path, day: date, definition: Mapping[str, int]) -> dict[str, bool]:
    """Who of the customers with an order in the eligibility window did not order within the horizon."""
    rows = duckdb.execute(
        """
        select
            customer_id,
            count(*) filter (where ordered_at >= $day and ordered_at < $day + to_days($horizon_days)) = 0
        from read_parquet($file)
        where status = 'completed'
        group by customer_id
        having count(*) filter (where ordered_at < $day and ordered_at >= $day - to_days($eligible_days)) > 0
        """,
        {"day": day, "file": str(source / "orders.parquet"), **definition},
    ).fetchall()
    return dict(rows)


def _predict_floor(run: Run, customers: Sequence[str]) -> dict[str, np.ndarray]:
    """What each floor model says of the day, fitted on the very rows the champion was trained on."""
    trained_on = pq.read_table(next(run.home.training.glob("*-churn_risk.parquet")))
    horizon = run.parameters.integer("horizon_days")
    training = Dataset(trained_on, days_to_maturity=_SPEC.days_to_maturity(run.parameters), horizon_days=horizon)
    spine = pa.table({"customer_id": customers, "as_of_date": [run.as_of_date] * len(customers)})
    monotone = {name: feature.monotone for name, feature in registry.load_by_name().items()}
    said = {}
    for name, recipe in list_floor(_SPEC).items():
        model = fit(recipe, training, run.as_of_date, monotone, run.settings.threads)
        with connect(run, "reading what the floor models see") as connection:
            rows = read(connection, spine, model.features)
        said[name] = model.predict_risk(to_matrix(rows, model.features))
    return said


def _show(results: Sequence[Result]) -> None:
    """A line a model and day, and the means: AUC and log-loss."""
    out = sys.stdout
    out.write(f"{'day':<12}{'n':>6}{'churned':>9}  {'model':<34}{'AUC':>7}{'log-loss':>10}\n")
    for one in results:
        told = {
            f"champion ({one.champion}), grade {one.grade}": {"auc": one.auc, "log_loss": one.log_loss},
            **one.floor,
        }
        for name, measured in told.items():
            out.write(
                f"{one.as_of_date:<12}{one.customers:>6}{one.churned:>9.3f}  {name:<34}{measured['auc']:>7.4f}"
                f"{measured['log_loss']:>10.4f}\n"
            )
    champion = {"auc": [one.auc for one in results], "log_loss": [one.log_loss for one in results]}
    means = {"champion": champion} | {
        name: {key: [one.floor[name][key] for one in results] for key in champion} for name in results[0].floor
    }
    for name, lists in means.items():
        out.write(f"{'mean':<27}  {name:<34}{np.mean(lists['auc']):>7.4f}{np.mean(lists['log_loss']):>10.4f}\n")


if __name__ == "__main__":
    sys.exit(main())
