"""The scripts that judge a release: what they count, and what they write."""

from pathlib import Path

import pytest
from find_equivalent_definitions import move_numbers, write_pairs
from measure_house import (
    describe_daily_score,
    describe_largest_folder,
    describe_longest_chain,
    describe_sql_by_parts,
    describe_sql_in_python,
    main,
)

from wellkept.project.definitions import Definition
from wellkept.project.equivalent_definitions import Pair, read_pairs


@pytest.mark.parametrize(("direction", "horizon", "late", "gaps"), [(1, 108, 2, 1.8), (-1, 72, 0, 1.2)])
def test_numbers_that_are_used_move_and_nothing_else(direction: int, horizon: int, late: int, gaps: float) -> None:
    parameters = {"horizon_days": 90, "late_days": 1, "active_gaps": 1.5, "kept": 7, "currency": "EUR", "flag": True}
    used = ["horizon_days", "late_days", "active_gaps", "currency", "flag", "gone"]
    moved = move_numbers(parameters, used, direction)
    expected = {**parameters, "horizon_days": horizon, "late_days": late, "active_gaps": gaps}
    assert moved == {**expected, "active_gaps": pytest.approx(gaps)}


def test_pairs_join_those_that_are_there_and_take_the_place_of_what_was_said_before(tmp_path: Path) -> None:
    was, older = Definition("was", ("horizon_days",)), Definition("older", ())
    write_pairs([Pair("b", was, "between", ("a shop",)), Pair("a", older, "now", ("a shop",))], tmp_path)
    read_pairs.cache_clear()
    write_pairs([Pair("b", was, "now", ("a shop", "another"))], tmp_path)
    read_pairs.cache_clear()
    assert read_pairs(tmp_path) == (
        Pair("a", older, "now", ("a shop",)),
        Pair("b", was, "now", ("a shop", "another")),
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in {
        "dbt_project/models/staging/a.sql": "select 1",
        "dbt_project/models/marts/b.sql": "select * from {{ ref('a') }}",
        "dbt_project/models/marts/churn_risk.sql": "select {{ score_columns() }} from {{ ref('b') }}, {{ ref('seed') }}",
        "dbt_project/macros/scores.sql": "{% macro score_columns() %}1{% endmacro %}",
        "dbt_project/models/marts/churn_risk_history.yml": "columns:\n      - name: customer_id\n      - name: rank\n      - name: part\n",
        "dbt_project/models/features/feature_customer__x.yml": "columns:\n      - name: order\n      - name: season\n",
        "dags/build.py": "train = 1\n",
        "dags/train.py": "",
        "dbt_project/macros/other.sql": "{% macro other() %}1{% endmacro %}",
        "ml/scoring/score.py": "from ml import rank\nfrom ml.kinds.blend import fit\nfrom ml.unused import other\n\n\n"
        "def score_all():\n    fit(rank.order())\n",
        "ml/rank.py": 'def order():\n    """Select what is best from a table."""\n    return f"""\n    select {1}\n    from t\n    """\n',
        "ml/kinds/blend.py": "from ml.kinds.part import Part\n\n\ndef fit(x):\n    return Part\n",
        "ml/kinds/part.py": "class Part:\n    says = 'nothing to select'\n",
        "ml/unused.py": "def other():\n    raise ValueError('a table is gone')\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_measured_is_what_it_says(checkout: Path) -> None:
    assert describe_longest_chain(checkout) == "3: a < b < churn_risk"
    assert describe_largest_folder(checkout) == "2 in marts/"
    assert describe_daily_score(checkout) == "5: 3 modules, 1 dbt models, 1 files of macros"
    assert describe_sql_in_python(checkout) == "5 lines in 2 files, 5 of them in ml/"
    assert describe_sql_by_parts(checkout) == "5 lines in 2 files, 5 of them in ml/"


def test_two_checkouts_stand_side_by_side(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(checkout), str(checkout)]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert head == "| | before | after |"
    assert [row for row in rows if row.split("|")[2] != row.split("|")[3]] == []
    found = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in rows}
    assert found["files that name a feature, median / p90 / max"] == "2 / 3 / 3"
    assert found["files that name a DAG, median / p90 / max"] == "0 / 1 / 1"
