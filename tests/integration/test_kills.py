"""Readers are never blocked and never see half a day, whatever happens to the run."""

import random
from datetime import date
from pathlib import Path

from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from disturbances import Reader, kill_in_step

SEED = 20261120


def test_killed_runs_leave_the_last_edition_and_the_next_run_is_as_if_undisturbed(
    finished: Deployment, continued: Deployment, deliveries: dict[date, Path], tmp_path: Path
) -> None:
    deployment = copy_of(finished, tmp_path, deliveries[NEXT_DAY])
    before = deployment.hashes()
    rng = random.Random(SEED)
    reader = Reader(deployment, tmp_path)
    for step, longest in (("load", 1.0), ("build", 6.0), ("publish", 0.4)):
        kill_in_step(deployment, NEXT_DAY, step, rng.uniform(0, longest))
        if deployment.manifest()["as_of_date"] == str(FIRST_DAY):
            assert deployment.hashes() == before
    deployment.run(NEXT_DAY)
    assert deployment.hashes() == continued.hashes()
    seen = reader.finish()
    assert set(seen) == {str(FIRST_DAY), str(NEXT_DAY)}
    assert seen[str(FIRST_DAY)] > 20
