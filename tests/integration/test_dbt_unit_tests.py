"""The unit tests in the models' yml (every rule with a branch or a boundary), and the key tests that a day leaves out; dbt runs both."""

from pathlib import Path

from deployments import NEXT_DAY, Deployment, copy_of

from wellkept.deployment.settings import Settings
from wellkept.operations.new_run import make_run
from wellkept.warehouse.dbt import dbt


def test_dbt_unit_tests_and_the_key_tests_that_a_day_leaves_out_pass(continued: Deployment, tmp_path: Path) -> None:
    copy = copy_of(continued, tmp_path)  # they need the tables' types
    run = make_run(NEXT_DAY, settings=Settings(home=copy.home, config=tmp_path / "none.toml"))
    dbt(run, "test", "--select", "test_type:unit", "tag:not_daily")
    output = (run.home.dbt_target(run.run_id) / "output.log").read_text()
    assert "Done. PASS=" in output
    assert "ERROR=0" in output
    assert int(output.split("Done. PASS=")[1].split()[0]) >= 250
