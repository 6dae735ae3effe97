"""What every test may ask for: a fresh home, and a run of a day in it."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from finished_home import continued, deliveries, finished

from wellkept.run import Run, make_run
from wellkept.settings import Settings

MakeRun = Callable[..., Run]

__all__ = ["continued", "deliveries", "finished"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers: tests of one file stay together, and so do all that share the finished home; the long ones first."""
    for item in items:
        shares_home = "finished" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("finished" if shares_home else str(item.path)))
    items.sort(
        key=lambda item: ("finished" not in getattr(item, "fixturenames", ()), "integration" not in item.path.parts)
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run_of(tmp_path: Path, home: Path) -> MakeRun:
    """`run_of("2026-03-10", source=folder, horizon_days=60)`: a run in this test's home."""

    def make(day: str, source: Path | None = None, is_re_extract: bool = False, **parameters: Any) -> Run:
        home.mkdir(exist_ok=True)
        overrides: Mapping[str, Any] = parameters
        settings = Settings(home=home, config=tmp_path / "wellkept.toml", lock_timeout_seconds=5)
        return make_run(
            date.fromisoformat(day), overrides=overrides, source=source, is_re_extract=is_re_extract, settings=settings
        )

    return make
