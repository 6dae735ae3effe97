"""Where a training set may be written: what it is called must leave room for its manifest."""

from collections.abc import Callable
from pathlib import Path

import pytest

from features.training_set import write_training_set
from wellkept.deployment.errors import BadInputError
from wellkept.runs.run import Run


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("set.json", "give a file whose name ends in .parquet"),
        ("set.v1", "give a file whose name ends in .parquet"),
        ("folder.parquet", "give a file whose name ends in .parquet"),
        ("nowhere/set.parquet", "there is no folder"),
    ],
)
def test_a_file_that_its_manifest_would_overwrite_is_refused_before_anything_is_built(
    run_of: Callable[..., Run], tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(BadInputError, match=message):
        write_training_set(run_of("2026-01-12"), [], tmp_path / name)
