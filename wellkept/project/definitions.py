"""What a feature or label table is made of, as one hash: its SQL, everything upstream, the macros and the parameters.

The hash is made of two: the digest of all texts, and the values of the parameters they use. A release that knows a former
version's digest to give the same rows (equivalent_definitions.py) so knows its hash for any values.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.parameters import Value

HISTORIES = "int_record_outcomes_followed"
"""What the models of customer value are held against; made from all that they are fitted on."""
REFERENCE = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
_LANDED = re.compile(r"\bsource\(\s*['\"]raw['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
_PARAMETER = re.compile(r"\bvar\(\s*['\"](\w+)['\"]")
_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(")
CALL = re.compile(r"\b(\w+)\s*\(")


def group_names(project: Path = DBT_PROJECT) -> list[str]:
    """The feature tables, in order."""
    return sorted(file.stem for file in (project / "models" / "features").glob("feature_*.sql"))


def label_names(project: Path = DBT_PROJECT) -> list[str]:
    """The label tables, in order."""
    return sorted(file.stem for file in (project / "models" / "labels").glob("label_*.sql"))


def entities_read(table: str, project: Path = DBT_PROJECT) -> list[str]:
    """The landed entities that a table, or anything upstream of it, is made from, by name."""
    return sorted({name for text in _pieces(table, project).values() for name in _LANDED.findall(text)})


@dataclass(frozen=True)
class Definition:
    """What a table is made of, without the values of its parameters."""

    digest: str
    parameters: tuple[str, ...]

    def hash_with(self, values: Mapping[str, Value]) -> str:
        """The table's definition hash where the parameters have these values."""
        used = {name: values[name] for name in self.parameters if name in values}
        return _hash(json.dumps([self.digest, used], sort_keys=True))


@cache
def read_definition(table: str, project: Path = DBT_PROJECT) -> Definition:
    """The table's definition as it stands in the project."""
    return define(_pieces(table, project))


def define(texts: Mapping[str, str]) -> Definition:
    """The definition that these texts are, by their names."""
    return Definition(_hash(json.dumps(sorted(texts.items()))), list_parameters(texts.values()))


def list_parameters(texts: Iterable[str]) -> tuple[str, ...]:
    """The parameters that the texts use, in order."""
    return tuple(sorted({name for text in texts for name in _PARAMETER.findall(text)}))


def table_hash(table: str, parameters: Mapping[str, Value], project: Path = DBT_PROJECT) -> str:
    """Changes exactly when the table's rows could: with its SQL, an upstream model, macro or seed, or a parameter they use."""
    return read_definition(table, project).hash_with(parameters)


def feature_set_hash(columns: Iterable[tuple[str, str, str]], parameters: Mapping[str, Value]) -> str:
    """One hash for a list of (feature, data type, table): a model is used only with the hash it was trained on."""
    rows = list(columns)
    return combine_feature_set(rows, {table: table_hash(table, parameters) for _, _, table in rows})


def combine_feature_set(columns: Iterable[tuple[str, str, str]], hashes: Mapping[str, str]) -> str:
    """The same where the tables have these definition hashes."""
    return _hash(json.dumps([[name, kind, hashes[table]] for name, kind, table in columns]))


@cache
def _pieces(table: str, project: Path) -> dict[str, str]:
    """The text of everything the table is made from, by name."""
    sources = {file.stem: file for folder in ("models", "seeds") for file in (project / folder).rglob("*.[sc][qs][lv]")}
    macros = _macros(project)
    pieces: dict[str, str] = {}
    waiting = [table]
    while waiting:
        name = waiting.pop()
        if name in pieces:
            continue
        text = sources[name].read_text() if name in sources else macros[name]
        pieces[name] = text
        waiting += [found for found in REFERENCE.findall(text) if found in sources]
        waiting += [found for found in CALL.findall(text) if found in macros]
    return pieces


def _macros(project: Path) -> dict[str, str]:
    """Each macro's name with the text of its file."""
    return {
        name: text
        for file in (project / "macros").rglob("*.sql")
        for text in [file.read_text()]
        for name in _MACRO.findall(text)
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
