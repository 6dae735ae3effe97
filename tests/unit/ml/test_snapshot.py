"""A file of customers without dates: what is trained, what is refused, and what the card owns up to."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

import wellkept.cli.run as command
from ml.undated.leaks import check_together
from ml.undated.rules import Rules
from ml.undated.saving import load_model
from ml.undated.settling import Request, settle
from ml.undated.table import encode
from ml.undated.train import train_snapshot
from ml.undated.validation import cross_validate
from wellkept.deployment.errors import (
    BadInputError,
    LeakSuspectedError,
    ModelRefusedError,
    NotEnoughDataError,
    WellkeptError,
)
from wellkept.deployment.settings import Settings

QUICK = Rules(
    folds=3, rounds=1, inner_folds=2, min_rows=200, resamples=60, chance_samples=20, trees=30, min_isotonic_rows=300
)
SIZE = 600
OPEN = 25
"""Of them, those whose outcome the file does not tell."""


def make_customers(size: int = SIZE, seed: int = 3) -> dict[str, Any]:
    """Customers who leave by the month, when new, and when charged much; with all that real files bring along."""
    generator = np.random.default_rng(seed)
    contract = generator.choice(["Month-to-month", "One year", "Two year"], size)
    tenure = generator.integers(0, 72, size)
    monthly = np.round(generator.uniform(20, 110, size), 2)
    raw = -0.5 + 1.6 * (contract == "Month-to-month") - 0.05 * tenure + 0.02 * (monthly - 60)
    has_churned = generator.random(size) < 1 / (1 + np.exp(-raw))
    return {
        "customerID": [f"{number:04}-ABC" for number in generator.permutation(size)],
        "gender": list(generator.choice(["Female", "Male"], size)),
        "SeniorCitizen": [str(flag) for flag in generator.integers(0, 2, size)],
        "tenure": [str(months) for months in tenure],
        "Contract": list(contract),
        "MonthlyCharges": [str(amount) for amount in monthly],
        # As IBM writes it: a blank where nothing was charged yet.
        "TotalCharges": [str(round(a * t, 2)) if t else " " for a, t in zip(monthly, tenure, strict=True)],
        "Country": ["US"] * size,
        "SignedUp": [f"2024-{1 + place % 12:02}-{1 + place % 28:02}" for place in range(size)],
        "Churn": ["" if place < OPEN else "Yes" if churned else "No" for place, churned in enumerate(has_churned)],
    }


def write_csv(path: Path, customers: dict[str, Any]) -> Path:
    pacsv.write_csv(pa.table(customers), path)
    return path


def settings_of(home: Path) -> Settings:
    return Settings(home=home, threads=1)


def train(file: Path, home: Path, rules: Rules = QUICK, **asked: Any) -> dict[str, Any]:
    request = Request(**{"path": file, "target": "Churn", **asked})
    return train_snapshot(request, settings_of(home), lambda step: None, rules)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The file, and what training on it told."""
    folder = tmp_path_factory.mktemp("snapshot")
    file = write_csv(folder / "telco.csv", make_customers())
    return file, train(file, folder / "home")


def read_risks(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(Path(result["folder"]) / "risks.parquet").to_pylist()
    return rows


def test_it_finds_what_moves_customers(trained: tuple[Path, dict[str, Any]]) -> None:
    _, result = trained
    assert result["metrics"][result["kind"]]["auc"] > 0.75
    assert result["metrics"][result["kind"]]["log_loss"] < result["metrics"]["base_rate"]["log_loss"] - 0.05
    assert {"Contract", "tenure"} <= set(result["strongest"][:3])
    assert result["grade"] in ("C", "D", "E")


def test_ids_dates_and_constants_never_enter_and_blanks_are_no_value(trained: tuple[Path, dict[str, Any]]) -> None:
    _, result = trained
    manifest = json.loads((Path(result["folder"]) / "manifest.json").read_text())
    kinds = {column["name"]: column["kind"] for column in manifest["columns"]}
    assert manifest["key"] == "customerID"
    assert set(manifest["left_out"]) == {"Country", "SignedUp"}
    assert kinds["TotalCharges"] == "number"
    assert kinds["Contract"] == "category"
    assert not {"customerID", "Churn", "Country", "SignedUp"} & set(kinds)


def test_every_customer_has_a_risk_and_reasons_in_words(trained: tuple[Path, dict[str, Any]]) -> None:
    file, result = trained
    risks = read_risks(result)
    given = {row["customerID"]: row for row in pacsv.read_csv(file).to_pylist()}
    assert [row["customer_id"] for row in risks] == sorted(key for key, row in given.items() if row["Churn"])
    assert all(row["has_churned"] == (given[row["customer_id"]]["Churn"] == "Yes") for row in risks)
    top = max(risks, key=lambda row: row["churn_risk"])
    assert top["risk_decile"] == 10
    sentences = {row["reason_1"] for row in risks}
    assert "Contract is Month-to-month" in sentences
    assert any(row["reason_1"] == f"tenure is {given[row['customer_id']]['tenure']}" for row in risks)


def test_contributions_sum_to_the_raw_score(trained: tuple[Path, dict[str, Any]]) -> None:
    file, _ = trained
    settled = settle(file, Request(file, "Churn"), settings_of(file.parent / "home"), QUICK)
    out = cross_validate(settled.customers, QUICK, 1, lambda step: None)
    for kind in ("logistic", "lightgbm"):
        raw, terms = out.explain(kind, settled.customers.matrix)
        assert np.allclose(terms.sum(axis=1), raw)


def test_the_command_gives_the_same_bytes_again_and_its_result_as_json(
    trained: tuple[Path, dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, result = trained
    monkeypatch.setattr("ml.undated.train.Rules", lambda: QUICK)
    command.train(snapshot=file, target="churn", home=tmp_path / "home", as_json=True)
    told = capsys.readouterr()
    folder = tmp_path / "home" / "models" / "snapshot-telco" / result["model_version"]
    assert json.loads(told.out) == {**result, "folder": str(folder)}
    assert "cross-validating, round 1 of 1" in told.err
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["card.html", "card.md", "manifest.json", "mapping.json", "model.json", "risks.parquet"]
    for name in files:
        assert (folder / name).read_bytes() == (Path(result["folder"]) / name).read_bytes(), name


def test_rows_in_another_order_or_as_parquet_are_the_same_customers(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    file, _ = trained
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * from read_csv(?, all_varchar = true) order by md5(customerID)) "
            f"to '{tmp_path / 'telco.parquet'}' (format parquet)",
            [str(file)],
        )
    given, other = (
        settle(path, Request(path, "Churn"), settings_of(tmp_path), QUICK).customers
        for path in (file, tmp_path / "telco.parquet")
    )
    assert other.content_hash == given.content_hash
    assert other.keys == given.keys
    assert np.array_equal(other.matrix, given.matrix, equal_nan=True)


def test_a_saved_model_can_be_used_and_a_changed_one_is_refused(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(trained[1]["folder"], folder)
    columns, fitted = load_model(folder, 1)
    rows = {column.name: ["x" if column.kind == "category" else 1.0] for column in columns}
    charged = {"gender": [None], "MonthlyCharges": [100.0]}
    new = rows | charged | {"Contract": ["Month-to-month"], "tenure": [1.0], "TotalCharges": [100.0]}
    loyal = rows | charged | {"Contract": ["Two year"], "tenure": [70.0], "TotalCharges": [7000.0]}
    risk = [fitted.predict_risk(encode(columns, pa.table(one)))[0] for one in (new, loyal)]
    assert risk[0] > 0.4
    assert risk[1] < 0.1
    (folder / "mapping.json").write_text((folder / "mapping.json").read_text() + " ")
    with pytest.raises(WellkeptError, match=r"mapping\.json is not the file that was trained"):
        load_model(folder, 1)


def test_the_card_says_what_it_cannot_show_and_names_no_customer(trained: tuple[Path, dict[str, Any]]) -> None:
    _, result = trained
    card = (Path(result["folder"]) / "card.md").read_text()
    page = (Path(result["folder"]) / "card.html").read_text()
    for said in ("no test out of time", "Leaks that time would reveal", "no horizon", "next season", "different ages"):
        assert said in card
        assert said in page
    assert "Trained without SignedUp: a date" in card
    assert "25 rows without an outcome left out" in card
    assert "-ABC" not in card + page
    assert page.count("<svg") == 3
    assert "https://" not in page
    assert "<script" not in page


def test_columns_written_afterwards_are_refused_until_left_out_or_vouched_for(tmp_path: Path) -> None:
    customers = make_customers()
    churned = np.array(customers["Churn"]) == "Yes"
    customers["Churn Reason"] = ["Moved" if left else None for left in churned]
    customers["Silence"] = list(np.round(churned + np.random.default_rng(1).normal(0, 0.4, SIZE), 3))
    file = write_csv(tmp_path / "leaky.csv", customers)
    with pytest.raises(LeakSuspectedError, match=r"'Churn Reason' \(1\.000\).*--leave-out 'Churn Reason' --leave-out"):
        train(file, tmp_path / "home")
    with pytest.raises(LeakSuspectedError, match=r"alone, 'Silence' \(0\.9\d\d\) tells .*--keep COLUMN"):
        train(file, tmp_path / "home", leave_out=["Churn Reason"])
    assert not list((tmp_path / "home" / "models").iterdir())
    result = train(file, tmp_path / "home", leave_out=["churn reason"], keep=["Silence"])
    assert result["left_out"]["Churn Reason"] == "as asked"
    assert "Vouched for as known before customers left: Silence" in (Path(result["folder"]) / "card.md").read_text()


def test_columns_that_tell_too_much_together_are_refused_until_the_strongest_is_vouched_for() -> None:
    aucs = {"a": 0.7, "b": 0.85, "c": 0.8, "d": 0.6}
    with pytest.raises(LeakSuspectedError, match=r"AUC of 0\.991.*'b', 'c', 'a' first.*--keep 'b'"):
        check_together(0.991, aucs, ["a"], QUICK, "a.csv")
    check_together(0.991, aucs, ["b"], QUICK, "a.csv")
    check_together(0.98, aucs, [], QUICK, "a.csv")


def test_lightgbm_speaks_where_it_is_clearly_better_and_still_gets_no_more_than_a_c(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    size = 1500
    first, second = generator.normal(size=size), generator.choice(["a", "b"], size)
    churned = generator.random(size) < np.where((first > 0) == (second == "a"), 0.85, 0.15)
    table = {"customer_id": np.arange(size) * 7 + 12, "x": first, "group [a, b]": second, "is_active": ~churned}
    pq.write_table(pa.table(table), tmp_path / "crossed.parquet")
    result = train(tmp_path / "crossed.parquet", tmp_path / "home", target="is_active", positive="false")
    assert (result["kind"], result["grade"]) == ("lightgbm", "C")
    assert result["metrics"]["logistic"]["auc"] < 0.6
    assert result["metrics"]["lightgbm"]["auc"] > 0.8
    folder = Path(result["folder"])
    assert json.loads((folder / "manifest.json").read_text())["verdict"]["uncapped_grade"] in ("A", "B")
    columns, fitted = load_model(folder, 1)
    risk = fitted.predict_risk(encode(columns, pa.table({"x": [1.0, -1.0], "group [a, b]": ["a", "a"]})))
    assert risk[0] > 0.7
    assert risk[1] < 0.3
    assert {row["customer_id"] for row in read_risks(result)} >= {"12", "19"}


def shuffled(customers: dict[str, Any]) -> None:
    customers["Churn"] = list(np.random.default_rng(2).permutation(customers["Churn"]))


def few(customers: dict[str, Any]) -> None:
    for name in customers:
        customers[name] = customers[name][-150:]


def hardly_any(customers: dict[str, Any]) -> None:
    customers["Churn"] = ["Yes" if place % 20 == 0 else "No" for place in range(SIZE)]


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (shuffled, ModelRefusedError, "do not tell who churned"),
        (few, NotEnoughDataError, "150 rows with an outcome, 200 are needed"),
        (hardly_any, NotEnoughDataError, "30 rows churned and 570 stayed; 50 of each are needed"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_and_nothing_is_written(
    spoil: Callable[[dict[str, Any]], None], error: type[Exception], said: str, tmp_path: Path
) -> None:
    customers = make_customers()
    spoil(customers)
    with pytest.raises(error, match=said):
        train(write_csv(tmp_path / "spoilt.csv", customers), tmp_path / "home")
    assert not list((tmp_path / "home" / "models").iterdir())


def test_what_is_printed_says_what_was_left_out_and_what_the_grade_is_worth(
    trained: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.undated.train.train_snapshot", lambda *arguments: trained[1])
    command.train(snapshot=trained[0], target="Churn")
    told = capsys.readouterr().out
    assert "without SignedUp: a date" in told
    assert "never graded above C" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give --as-of DAY, or --snapshot FILE and --target COLUMN"),
        ({"as_of": "2026-01-01", "target": "Churn"}, "--target: only with --snapshot FILE"),
        ({"as_of": "2026-01-01", "leave_out": ["x"], "key": "id"}, "--key, --leave-out: only with --snapshot"),
        ({"as_of": "2026-01-01", "snapshot": Path("telco.csv")}, "leave out --as-of and --set"),
        ({"set_": ["horizon_days=60"], "snapshot": Path("telco.csv")}, "leave out --as-of and --set"),
        ({"snapshot": Path("nowhere.csv"), "target": "Churn"}, "there is no such file"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_a_home_is_made(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match=said):
        command.train(**options, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_without_a_target_the_columns_are_listed(trained: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"--target COLUMN; it has customerID, gender, .*, Churn"):
        command.train(snapshot=trained[0], home=tmp_path / "home")


def test_more_than_memory_should_hold_is_refused_with_a_size_that_fits(
    trained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    with pytest.raises(BadInputError, match="give a sample of 111 rows"):
        train(trained[0], tmp_path / "home", replace(QUICK, max_cells=1000))
