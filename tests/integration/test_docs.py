"""What the documents tell people to type does what they say, on a finished home."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from deployments import FIRST_DAY, NEXT_DAY, WELLKEPT, Deployment, copy_of
from documents import Block, documents, read_blocks

from wellkept.deployment.paths import PROJECT_ROOT
from wellkept.deployment.settings import child_environment
from wellkept.project.parameters import read_defaults

ANALYST = PROJECT_ROOT / "docs" / "analyst.md"
_QUESTION = re.compile(r"^```sql\n(.*?)^```\n\n?((?:\|[^\n]+\|\n)*)", flags=re.MULTILINE | re.DOTALL)
QUESTIONS = [
    (sql, [[cell.strip() for cell in line.strip("|").split("|")] for line in answer.splitlines()])
    for sql, answer in _QUESTION.findall(ANALYST.read_text(encoding="utf-8"))
]
COMMANDS = list(
    dict.fromkeys(
        " ".join(words[1:])
        for file in documents()
        for block in read_blocks(file)
        if block.is_run
        for words in block.commands
    )
)


# What stands in a table's section and is a value in it and not a column.
VALUES = (
    "acquisition_channel",
    "churn_risk",
    "email_sent",
    "lifecycle_state",
    "order_channel",
    "payment_failed",
    "survey_nps_bad",
    "ticket_opened",
)


SNIPPETS = [
    block for file in (PROJECT_ROOT / "docs").glob("*.md") for block in read_blocks(file) if block.language == "python"
]


@pytest.fixture(scope="module")
def home(continued: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A home of our own, whose days are those of the documents."""
    return copy_of(continued, tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def done(home: Deployment) -> dict[str, subprocess.CompletedProcess[str]]:
    """Every command of the blocks marked `run`, once, two at a time."""
    version = home.query("select model_version from edition")[0][0]

    def run(command: str) -> subprocess.CompletedProcess[str]:
        arguments = [version if word == "VERSION" else word for word in command.split()]
        environment = child_environment(WELLKEPT_HOME=str(home.home))
        return subprocess.run(
            [str(WELLKEPT), *arguments], cwd=home.home, env=environment, capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(COMMANDS, pool.map(run, COMMANDS), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_in_a_document_works(done: dict[str, subprocess.CompletedProcess[str]], command: str) -> None:
    result = done[command]
    assert result.returncode == 0, result.stderr + result.stdout
    assert result.stdout
    if "--json" in command:
        json.loads(result.stdout)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda block: block.file.stem)
def test_python_in_a_document_works(home: Deployment, tmp_path: Path, snippet: Block) -> None:
    (tmp_path / ".wellkept").symlink_to(home.home)
    result = subprocess.run(
        [sys.executable, "-c", snippet.text],
        cwd=tmp_path,
        env=child_environment(WELLKEPT_HOME=".wellkept"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize(("sql", "answer"), QUESTIONS)
def test_a_question_for_analysts_has_an_answer_with_the_columns_shown(
    founded: Deployment, sql: str, answer: list[list[str]]
) -> None:
    columns = [name for (name, *_) in founded.query(f"describe {sql}")]
    assert founded.query(sql) or "is_significant" in sql  # three hundred customers can be too few for that
    assert not answer or columns == answer[0]


def test_the_published_columns_named_to_analysts_exist(home: Deployment) -> None:
    text = ANALYST.read_text(encoding="utf-8")
    others = {*read_defaults(), *VALUES}
    for section in re.split(r"^### ", text.partition("\n## Lifecycle states")[0], flags=re.MULTILINE)[1:]:
        table = section.split("\n", 1)[0]
        columns = {name for (name, *_) in home.query(f"describe {table}")} if table != "customer_contacts" else set()
        paragraph = section.partition("\n*")[0].partition("```")[0]
        named = {
            name for name in re.findall(r"`([a-z][a-z0-9_]+)`", paragraph) if "_" in name and not name.startswith("_")
        }
        assert not columns or named - others <= columns, table


@pytest.mark.soak
def test_backfill_and_train_work_as_documented(continued: Deployment, tmp_path: Path) -> None:
    again = copy_of(continued, tmp_path)
    days = ("--from", str(FIRST_DAY), "--to", str(NEXT_DAY), "--every", "2w")
    again.call("backfill", *days, "--source", str(again.source))
    again.call("train", "--as-of", str(NEXT_DAY))


@pytest.mark.soak
def test_the_answers_shown_to_analysts_are_those_of_the_demo_company(whole_company: Deployment) -> None:
    for sql, answer in QUESTIONS:
        found = [["" if cell is None else str(cell) for cell in row] for row in whole_company.query(sql)]
        assert not answer or len(found) == len(answer) - 2, sql
        for cells, row in zip(answer[2:], found, strict=False):
            assert all(fnmatchcase(cell, shown.replace("…", "*")) for shown, cell in zip(cells, row, strict=True)), (
                sql,
                row,
            )
