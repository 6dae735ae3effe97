"""How a file's columns are understood: types, the id, and which value means churned."""

from pathlib import Path

import duckdb
import pytest

from ml.undated.columns import check_key, choose_columns, find_column
from ml.undated.reading import find_file, load_file, profile_columns, stem_of
from ml.undated.rules import Rules
from ml.undated.target import find_positive
from wellkept.deployment.errors import BadInputError

ROWS = 40


def read_types(path: Path, text: str) -> tuple[duckdb.DuckDBPyConnection, dict[str, str]]:
    path.write_text(text, encoding="utf-8")
    connection = duckdb.connect()
    return connection, load_file(connection, path)


def lines(header: str, *columns: list[str]) -> str:
    return "\n".join([header, *(",".join(cells) for cells in zip(*columns, strict=True))]) + "\n"


def numbered(form: str = "{}") -> list[str]:
    return [form.format(place) for place in range(ROWS)]


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        (["1", " ", "2.5"], "number", [1.0, None, 2.5]),
        (["1", "NA", "-3"], "number", [1.0, None, -3.0]),
        (["1", "inf", "2"], "text", ["1", "inf", "2"]),
        (["NA", "EU", "NA"], "text", ["NA", "EU", "NA"]),
        (["007", "012", "100"], "text", ["007", "012", "100"]),
        (["12345678901234567", "1", "2"], "text", ["12345678901234567", "1", "2"]),
        (["2024-01-31", "", "2023-12-01 10:00:00"], "time", ["2024-01-31", None, "2023-12-01 10:00:00"]),
        ([" Yes ", "No", "  "], "text", ["Yes", "No", None]),
    ],
)
def test_a_column_of_text_is_what_all_its_values_are(
    values: list[str], kind: str, read: list[object], tmp_path: Path
) -> None:
    connection, types = read_types(tmp_path / "a.csv", lines("id,it", ["a", "b", "c"], values))
    assert types["it"] == kind
    assert [row[0] for row in connection.execute('select "it" from given order by wellkept_row').fetchall()] == read


def test_types_of_parquet_hold_and_long_whole_numbers_keep_their_digits(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute(
        f"copy (select 9007199254740993 as id, true as flag, [1, 2] as list, date '2024-01-01' as day, 1.5::decimal(9, 2)"
        f" as amount) to '{tmp_path / 'a.parquet'}' (format parquet)"
    )
    types = load_file(connection, tmp_path / "a.parquet")
    assert types == {"id": "number", "flag": "text", "list": "other", "day": "time", "amount": "number"}
    assert connection.execute("select id, flag from given").fetchone() == (9007199254740993, "true")


def choose(path: Path, text: str, target: str = "Churn", leave_out: tuple[str, ...] = ()) -> object:
    connection, types = read_types(path, text)
    return choose_columns(profile_columns(connection, types, 5), ROWS, target, None, leave_out, Rules(max_categories=5))


def test_the_id_is_the_customers_and_other_ids_stay_out(tmp_path: Path) -> None:
    flags = ["Yes", "No"] * (ROWS // 2)
    chosen = choose(
        tmp_path / "a.csv",
        lines(
            "RowNumber,Surname,OrderNo,CustomerId,Amount,Plan,Churn",
            numbered(),
            numbered("name {}"),
            numbered("9{}8"),
            numbered("15{:03}77"),
            numbered("{}.5"),
            ["A", "B"] * (ROWS // 2),
            flags,
        ),
    )
    assert chosen.key == "CustomerId"  # type: ignore[attr-defined]
    assert [profile.name for profile in chosen.features] == ["Amount", "Plan"]  # type: ignore[attr-defined]
    assert list(chosen.left_out) == ["RowNumber", "Surname", "OrderNo"]  # type: ignore[attr-defined]


def test_text_that_says_who_and_not_what_stays_out_with_its_counts(tmp_path: Path) -> None:
    remarks = [f"remark {place % 30}" for place in range(ROWS)]
    chosen = choose(tmp_path / "a.csv", lines("Remark,Churn", remarks, ["Yes", "No"] * (ROWS // 2)))
    assert chosen.left_out == {"Remark": "text with 30 different values in 40 rows"}  # type: ignore[attr-defined]


def test_rows_that_repeat_a_customer_are_refused(tmp_path: Path) -> None:
    repeated = [f"c{place // 2}" for place in range(ROWS)]
    text = lines("Customer ID,Visit,Churn", repeated, numbered("v{}"), ["Yes", "No"] * (ROWS // 2))
    with pytest.raises(BadInputError, match="one row a customer"):
        choose(tmp_path / "a.csv", text)
    assert choose(tmp_path / "a.csv", text, leave_out=("Customer ID",)).key == "Visit"  # type: ignore[attr-defined]
    connection, types = read_types(tmp_path / "a.csv", text)
    with pytest.raises(BadInputError, match="40 rows have 20 different values"):
        check_key(profile_columns(connection, types, 5)[0], ROWS)


def test_a_column_is_found_whatever_its_case_and_a_mistyped_one_is_told() -> None:
    assert find_column(["customerID", "Churn"], "--target", "churn", "a.csv") == "Churn"
    with pytest.raises(BadInputError, match=r"--target Churm: a\.csv has no such column \(did you mean 'Churn'\?\)"):
        find_column(["customerID", "Churn"], "--target", "Churm", "a.csv")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("Yes", "No"), ("Yes", "No")),
        (("0.0", "1.0"), ("1.0", "0.0")),
        (("-1", "1"), ("1", "-1")),
        (("true", "false"), ("true", "false")),
        (("False.", "True."), ("True.", "False.")),
        (("Stayed", "Churned"), ("Churned", "Stayed")),
        (("Existing Customer", "Attrited Customer"), ("Attrited Customer", "Existing Customer")),
    ],
)
def test_the_value_that_means_churned_is_known(values: tuple[str, str], expected: tuple[str, str]) -> None:
    assert find_positive("Churn", [(value, 10) for value in values], None) == expected


def test_a_value_nobody_knows_is_asked_for() -> None:
    values = [("1.0", 70), ("2.0", 30)]
    with pytest.raises(BadInputError, match=r"2 values: '1\.0' \(70 rows\), '2\.0' \(30 rows\); .*--positive"):
        find_positive("Status", values, None)
    assert find_positive("Status", values, "2") == ("2.0", "1.0")
    with pytest.raises(BadInputError, match="--positive 3: --target Status has 2 values"):
        find_positive("Status", values, "3")


def test_a_target_that_sounds_like_staying_is_not_guessed() -> None:
    values = [("1", 70), ("0", 30)]
    with pytest.raises(BadInputError, match=r"sounds like staying.*--positive '0'"):
        find_positive("is_active", values, None)
    assert find_positive("is_active", values, "0") == ("0", "1")


def test_many_values_are_counted_and_not_listed() -> None:
    people = [(f"person{number}@example.com", 1) for number in range(7)]
    with pytest.raises(BadInputError, match="more than 6 different values") as told:
        find_positive("Email", people, None)
    assert "@" not in str(told.value)


def test_one_class_is_told() -> None:
    with pytest.raises(BadInputError, match=r"1 value: 'No' \(10 rows\); two are needed"):
        find_positive("Churn", [("No", 10)], None)


def test_a_folder_is_one_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="none found"):
        find_file(tmp_path)
    (tmp_path / "a.csv").touch()
    (tmp_path / "notes.md").touch()
    assert find_file(tmp_path) == tmp_path / "a.csv"
    (tmp_path / "b.parquet").touch()
    with pytest.raises(BadInputError, match=r"a\.csv, b\.parquet found"):
        find_file(tmp_path)
    with pytest.raises(BadInputError, match="a file that ends on"):
        find_file(tmp_path / "notes.md")


def test_a_file_that_is_no_table_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("nothing of the kind")
    with pytest.raises(BadInputError, match=r"a\.parquet cannot be read"):
        load_file(duckdb.connect(), tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("name", "stem"), [("WA_Fn-UseC_.csv", "WA_Fn-UseC_"), ("my file (1).csv.gz", "my_file__1_"), ("..csv", "file")]
)
def test_the_name_of_a_file_is_fit_for_a_folder(name: str, stem: str) -> None:
    assert stem_of(Path(name)) == stem


def test_spaces_around_names_are_nothing(tmp_path: Path) -> None:
    _, types = read_types(tmp_path / "a.csv", lines("id ,Plan, Churn ", ["1", "2"], ["a", "b"], ["Yes", "No"]))
    assert list(types) == ["id", "Plan", "Churn"]
