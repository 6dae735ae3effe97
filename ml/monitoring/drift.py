"""Feature drift: the day's features of eligible customers, held against those the champion learned from."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import duckdb

from features import registry
from features.registry import Feature
from features.snapshots import weekly_days
from ml.monitoring.drift_table import FeatureDrift, Status, replace_day
from ml.monitoring.drift_values import Sides, count_by_bin, held_days
from ml.promote import find_champion
from ml.psi import Stability, measure_day
from ml.spec import Drift, ModelSpec, load_specs
from ml.versions import Version
from wellkept.runs.run import Run
from wellkept.warehouse.connecting import connect

_YEAR = timedelta(days=365)
_DIGITS = 6


@dataclass(frozen=True)
class Reference:
    """The days that a day is held against; none where none is held."""

    days: tuple[date, ...]
    is_season_matched: bool


def measure_all(run: Run) -> dict[str, Any]:
    """Measure the day's features for each model's champion, in the place of the day's rows; no champion, no rows."""
    known = registry.load_by_name()
    found: list[FeatureDrift] = []
    for spec in load_specs():
        champion = find_champion(run, spec, known)
        with connect(run, f"measuring the drift of {run.as_of_date} for {spec.name}") as connection:
            drifts = measure(connection, run.as_of_date, spec, champion, list(known.values())) if champion else []
            replace_day(connection, run.as_of_date, spec.name, drifts)
        found += drifts
    counts = Counter(drift.status for drift in found)
    return {"features_measured": len(found), "warning_drifts": counts["warning"], "critical_drifts": counts["critical"]}


def measure(
    connection: duckdb.DuckDBPyConnection, day: date, spec: ModelSpec, champion: Version, features: Sequence[Feature]
) -> list[FeatureDrift]:
    """Every feature that does not move by itself, in the order given.

    A feature table without a day to compare with is left out, and so is everything where nobody is eligible.
    """
    aside = {*spec.drift.moving_features, *spec.calendar_features}
    wanted = [feature for feature in features if feature.name not in aside]
    drifts: list[FeatureDrift] = []
    for table, members in groupby(wanted, key=lambda feature: feature.group):
        reference = choose_reference(day, held_days(connection, table), champion, spec)
        counts = count_by_bin(
            connection, list(members), spec.label, day, reference.days, spec.drift.bins, spec.drift.max_rows
        )
        drifts += [_compare(day, champion, reference, spec.drift, name, sides) for name, sides in counts.items()]
    return drifts


def choose_reference(day: date, held: Collection[date], champion: Version, spec: ModelSpec) -> Reference:
    """The days around the same day a year before, where those known reach across it; else the champion's training days.

    Known are its training days and the weekly snapshots since, where they are held: daily ones are thinned out, and a
    reference must be the same whenever it is asked for.
    """
    first, last = champion.first_training_date, champion.last_training_date
    trained = weekly_days(first, last, spec.training_days.every_weeks)
    if len(trained) != champion.training_days:  # a short history is learned from week by week
        trained = weekly_days(first, last)
    since = weekly_days(last + timedelta(days=1), day - timedelta(days=1))
    a_year_before, season = day - _YEAR, timedelta(days=spec.drift.season_days)
    around = [known for known in (*trained, *since) if known in held and abs(known - a_year_before) <= season]
    if around and around[0] <= a_year_before <= around[-1]:
        return Reference(tuple(around), is_season_matched=True)
    return Reference(tuple(known for known in trained if known in held and known < day), is_season_matched=False)


def judge_drift(stability: Stability, null_rise: float, thresholds: Drift) -> Status:
    """By the index above what it would be without drift, and by how much more often there is no value.

    Nothing is judged that chance may explain: an index that one undrifted feature in a thousand would reach. And a day is
    no drift that lies no further from the reference than one of the reference's own days from the others.
    """
    if stability.psi <= stability.chance_limit:
        return "stable"
    excess = stability.psi - stability.expected_psi if stability.psi > stability.furthest_psi else 0.0
    if excess >= thresholds.critical_psi or null_rise >= thresholds.critical_null_rise:
        return "critical"
    if excess >= thresholds.warning_psi or null_rise >= thresholds.warning_null_rise:
        return "warning"
    return "stable"


def _compare(
    day: date,
    champion: Version,
    reference: Reference,
    thresholds: Drift,
    name: str,
    sides: Sides,
) -> FeatureDrift:
    before, now = sides.reference, sides.present
    stability = measure_day([of_day.bins for of_day in sides.reference_days], now.bins)
    # No model can have learned from a feature without any value in the reference.
    is_learned = before.null_share < 1
    return FeatureDrift(
        as_of_date=day,
        model_name=champion.model_name,
        feature_name=name,
        model_version=champion.model_version,
        is_used=name in champion.feature_names,
        psi=round(stability.psi, _DIGITS),
        expected_psi=round(stability.expected_psi, _DIGITS),
        null_share=round(now.null_share, _DIGITS),
        reference_null_share=round(before.null_share, _DIGITS),
        rows=now.rows,
        reference_rows=before.rows,
        reference_from=reference.days[0],
        reference_to=reference.days[-1],
        is_season_matched=reference.is_season_matched,
        status=judge_drift(stability, now.null_share - before.null_share, thresholds) if is_learned else "stable",
    )
