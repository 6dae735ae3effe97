"""In continuous integration what is promised is tested, and not skipped."""

import pytest
from skips import forbid_skip


def skipped() -> pytest.TestReport:
    where = ("tests/test_page.py", 1, "Skipped: no browser here")
    return pytest.TestReport("tests/test_page.py::test_it", ("", 1, ""), {}, "skipped", where, "setup")


@pytest.mark.parametrize(
    ("ci", "is_excused", "outcome"),
    [("true", False, "failed"), ("true", True, "skipped"), ("", False, "skipped")],
)
def test_a_skip_fails_in_ci_unless_it_is_for_data_that_are_not_in_the_clone(
    ci: str, is_excused: bool, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    report = skipped()
    forbid_skip(report, is_excused)
    assert report.outcome == outcome
    assert outcome != "failed" or "no browser here" in str(report.longrepr)
