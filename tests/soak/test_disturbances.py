"""Twenty kills at random points, and a disk that is full."""

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from deployments import FIRST_DAY, NEXT_DAY, Deployment, copy_of
from disturbances import Reader, start

pytestmark = pytest.mark.soak

SEED = 20261120


def test_twenty_kills_at_random_points(
    finished: Deployment, continued: Deployment, deliveries: dict[date, Path], tmp_path: Path
) -> None:
    deployment = copy_of(finished, tmp_path, deliveries[NEXT_DAY])
    rng = random.Random(SEED)
    reader = Reader(deployment, tmp_path)
    for _ in range(20):
        process = start(deployment, NEXT_DAY)
        try:
            process.wait(rng.uniform(1, 35))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert deployment.query("select count(*) from customers")[0][0] > 300
    deployment.run(NEXT_DAY)
    assert deployment.hashes() == continued.hashes()
    reader.finish()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 40 MB, which only root may mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_costs_nothing(
    finished: Deployment, continued: Deployment, deliveries: dict[date, Path], small_disk: Path
) -> None:
    deployment = copy_of(finished, small_disk, deliveries[NEXT_DAY])
    before = deployment.hashes()
    filler = small_disk / "filler"
    room = os.statvfs(small_disk)
    filler.write_bytes(b"0" * max(0, room.f_bavail * room.f_frsize - 300_000))
    done = deployment.run(NEXT_DAY, expect=1)
    assert "Traceback" not in done.stderr
    assert "disk" in done.stderr.lower() or "space" in done.stderr.lower(), done.stderr
    assert deployment.manifest()["as_of_date"] == str(FIRST_DAY)
    assert deployment.hashes() == before
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=400m", str(small_disk)], check=True)
    deployment.run(NEXT_DAY)
    assert deployment.hashes() == continued.hashes()
