"""The documents say what is so: commands, targets, links, and the tables taken from the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from documents import all_commands, anchors, documents, local_links, marked, read_blocks, table
from typer.core import TyperGroup
from typer.testing import CliRunner

from wellkept.cli import _app
from wellkept.deployment.paths import DBT_PROJECT, PROJECT_ROOT
from wellkept.deployment.settings import Settings
from wellkept.editions.publish import PUBLISHED_TABLES
from wellkept.landing.contract import ENTITIES, Column, Entity
from wellkept.project.parameters import read_defaults

DOCS = PROJECT_ROOT / "docs"
README = PROJECT_ROOT / "README.md"

# Commands that documents name and tests/integration/test_docs.py does not run from them, because they take long, with
# the test that runs each. A command that is in neither place fails below.
RUN_ELSEWHERE = {
    "airflow": "tests/integration/test_scheduler.py",
    "backfill": "tests/integration/test_docs.py",  # `make soak`
    "demo": "tests/integration/test_docs.py",  # `make soak`
    "features backfill": "tests/integration/test_feature_store.py",
    "features prove": "tests/integration/test_prover.py",
    "features training-set": "tests/integration/test_days.py",  # `make soak`
    "run": "tests/integration/test_days.py",
    "train": "tests/integration/test_docs.py",  # `make soak`
}


def find_command(words: list[str]) -> tuple[str, Any, list[str]]:
    """The command that the words name, its name in full, and the words after it."""
    command: Any = typer.main.get_command(_app)
    path: list[str] = []
    while isinstance(command, TyperGroup) and len(words) > len(path):
        name = words[len(path)]
        if name.startswith("-"):
            break
        assert name in command.commands, f"wellkept {' '.join(words)}: there is no command {name}"
        command = command.commands[name]
        path.append(name)
    return " ".join(path), command, words[len(path) :]


def wellkept_commands() -> list[tuple[Path, list[str]]]:
    return [(file, words[1:]) for file, words in all_commands() if words[0] == "wellkept" and len(words) > 1]


@pytest.mark.parametrize("file", documents(), ids=lambda file: str(file.relative_to(PROJECT_ROOT)))
def test_every_command_and_option_in_a_document_exists(file: Path) -> None:
    for named_in, words in wellkept_commands():
        if named_in == file:
            _, command, rest = find_command(words)
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
            assert not unknown, f"wellkept {' '.join(words)}"


def test_every_command_in_a_document_is_run_by_a_test() -> None:
    named = {find_command(words)[0] for _, words in wellkept_commands()} - {"", "features", "model"}
    blocks = [block for file in documents() for block in read_blocks(file) if block.is_run]
    run = {find_command(words[1:])[0] for block in blocks for words in block.commands}
    assert named - run == set(RUN_ELSEWHERE), "name the test that runs it in RUN_ELSEWHERE"
    assert all((PROJECT_ROOT / test).exists() for test in RUN_ELSEWHERE.values())


def test_every_command_there_is_stands_in_a_document() -> None:
    named = {find_command(words)[0] for _, words in wellkept_commands()}
    root = typer.main.get_command(_app)
    assert isinstance(root, TyperGroup)
    for name, command in root.commands.items():
        children = command.commands if isinstance(command, TyperGroup) else {"": command}
        assert {f"{name} {child}".strip() for child in children} <= named


def test_every_make_target_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT_ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {words[1] for _, words in all_commands() if words[0] == "make"}
    assert {"demo", "test", "install"} <= named <= targets


@pytest.mark.parametrize("file", documents(), ids=lambda file: str(file.relative_to(PROJECT_ROOT)))
def test_every_link_in_a_document_leads_somewhere(file: Path) -> None:
    for target, anchor in local_links(file):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_every_published_table_is_in_the_readme_and_has_a_section_for_analysts() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", README.read_text(), flags=re.MULTILINE))
    sections = set(re.findall(r"^### (\w+)$", (DOCS / "analyst.md").read_text(), flags=re.MULTILINE))
    always = {published.name for published in PUBLISHED_TABLES if not published.only_if} | {"edition"}
    assert rows == always
    assert sections == {published.name for published in PUBLISHED_TABLES} | {"edition"}


def test_every_folder_with_a_part_of_its_own_says_what_belongs_there() -> None:
    for folder in (
        "wellkept",
        "features",
        "ml",
        "expectations",
        "dags",
        "dbt_project",
        "models",
        "tests",
        "docs",
        "scripts",
    ):
        readme = PROJECT_ROOT / folder / "README.md"
        assert len(readme.read_text().splitlines()) <= 40, readme


def check_marked(file: Path, name: str, expected: str) -> None:
    assert marked(file, name) == expected, f"{file.name}: put this between the marks of {name!r}:\n{expected}"


def test_the_landing_contract_is_as_the_code_has_it() -> None:
    head = ("entity", "key", "happened at", "required", "facts", "timed", "current")
    check_marked(DOCS / "data-engineer.md", "landing contract", table(head, [*map(_contract_row, ENTITIES.values())]))


def _contract_row(entity: Entity) -> tuple[str, ...]:
    def named(kind: str) -> str:
        columns = [column for column in entity.columns if column.kind == kind and not column.is_required]
        return ", ".join(map(_named, columns)) or "-"

    required = ", ".join(_named(column) for column in entity.columns if column.is_required)
    event = f"its {entity.event_of.rstrip('s')}'s" if entity.event_of else entity.event or "-"
    return (f"`{entity.name}`", ", ".join(entity.key), event, required, named("fact"), named("timed"), named("current"))


def _named(column: Column) -> str:
    words = {"timestamp": "time", "date": "day", "boolean": "true/false", "bigint": "whole number"}
    kind = "number" if column.sql_type.startswith("decimal") else words.get(column.sql_type, "")
    return f"{column.name} ({kind})" if kind else column.name


def test_the_environment_is_as_the_code_reads_it() -> None:
    rows = [
        (f"`WELLKEPT_{name.upper()}`", f"`{field.default}`" if str(field.default) else "-", str(field.description))
        for name, field in Settings.model_fields.items()
    ]
    check_marked(DOCS / "data-engineer.md", "environment", table(("variable", "default", "what it is"), rows))


def test_the_parameters_are_those_of_the_dbt_project() -> None:
    text = (DBT_PROJECT / "dbt_project.yml").read_text()
    said = dict(re.findall(r"^  (\w+): .*?  # (.+)$", text, flags=re.MULTILINE))
    rows = [
        (f"`{name}`", f"`{value}`" if value != "" else "empty", said[name]) for name, value in read_defaults().items()
    ]
    check_marked(DOCS / "data-engineer.md", "parameters", table(("parameter", "default", "what it is"), rows))


def test_the_page_of_features_is_what_the_command_writes() -> None:
    written = CliRunner().invoke(_app, ["features", "list", "--markdown"])
    assert written.exit_code == 0, written.output
    page = DOCS / "features.md"
    assert page.read_text() == written.stdout, f"run: wellkept features list --markdown > docs/{page.name}"


def test_every_message_in_the_table_of_failures_is_one_the_code_can_say() -> None:
    packages = ("wellkept", "features", "ml", "expectations")
    code = "\n".join(path.read_text() for name in packages for path in sorted((PROJECT_ROOT / name).rglob("*.py")))
    section = (DOCS / "data-engineer.md").read_text().partition("\n## When a run stops\n")[2].partition("\n## ")[0]
    messages = re.findall(r"^\| `(.+?)` \|", section, flags=re.MULTILINE)
    assert len(messages) > 15
    assert [message for message in messages if message not in code] == []


def test_the_example_configuration_is_valid_and_names_every_key() -> None:
    from wellkept.operations.configuration import load_config
    from wellkept.sources.files import FilesSource

    config = load_config(DOCS / "wellkept.toml")
    text = (DOCS / "wellkept.toml").read_text()
    assert config.sources
    assert all(re.search(rf"^{name} = ", text, flags=re.MULTILINE) for name in FilesSource.model_fields)
    assert all(f"WELLKEPT_{name.upper()} " in text for name in Settings.model_fields)
