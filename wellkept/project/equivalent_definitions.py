"""Definitions of former versions that give the same rows as the present ones, so that an upgrade need not build them again.

The pairs are written by scripts/find_equivalent_definitions.py alone, which built both and found their rows equal.
"""

import hashlib
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.definitions import Definition, define, group_names, label_names, list_parameters, read_definition
from wellkept.project.parameters import Value
from wellkept.project.yml import read_yml

PAIRS = "equivalent_definitions.yml"
TEXTS_OF_FORMAT_2 = "definitions_of_format_2.json.xz"


@dataclass(frozen=True)
class Pair:
    """A table's definition as it was, and the digest of one that gives the same rows."""

    table: str
    was: Definition
    now: str
    proved_on: tuple[str, ...]


def map_hashes(parameters: Mapping[str, Value], project: Path = DBT_PROJECT) -> dict[str, str]:
    """From each hash with these parameters, of a former version or the present one, to the present hash of the same rows."""
    mapped: dict[str, str] = {}
    for table in [*group_names(project), *label_names(project)]:
        present = read_definition(table, project)
        equal = _list_equal(table, present.digest, project)
        hashes = [present.hash_with(parameters)]
        hashes += [pair.was.hash_with(parameters) for pair in read_pairs(project) if pair.was.digest in equal]
        texts = _read_texts_of_format_2(project).get(table)
        if texts and define(texts).digest in equal:
            hashes.append(hash_of_format_2(table, parameters, project))
        mapped |= dict.fromkeys(hashes, present.hash_with(parameters))
    return mapped


def hash_of_format_2(table: str, parameters: Mapping[str, Value], project: Path = DBT_PROJECT) -> str:
    """What a home of format 2 holds of the table: a hash over texts and values at once, which only who has the texts can tell."""
    texts = _read_texts_of_format_2(project)[table]
    values = {name: parameters[name] for name in list_parameters(texts.values()) if name in parameters}
    return hashlib.sha256(json.dumps([sorted(texts.items()), values], sort_keys=True).encode()).hexdigest()[:16]


def has_equivalent(table: str, digest: str, project: Path = DBT_PROJECT) -> bool:
    """Whether a definition of this digest gives the rows of the table's present one."""
    return digest in _list_equal(table, read_definition(table, project).digest, project)


@cache
def read_pairs(project: Path = DBT_PROJECT) -> tuple[Pair, ...]:
    """All pairs that this release carries; none where it carries no file."""
    file = project / PAIRS
    if not file.exists():
        return ()
    return tuple(
        Pair(
            entry["table"],
            Definition(entry["was"], tuple(entry["parameters"])),
            entry["now"],
            tuple(entry["proved_on"]),
        )
        for entry in read_yml(file)["pairs"]
    )


def _list_equal(table: str, digest: str, project: Path) -> set[str]:
    """The digests from which pairs of the table lead to this one, and itself."""
    pairs = [pair for pair in read_pairs(project) if pair.table == table]
    equal, before = {digest}, 0
    while len(equal) > before:
        before = len(equal)
        equal |= {pair.was.digest for pair in pairs if pair.now in equal}
    return equal


@cache
def _read_texts_of_format_2(project: Path) -> dict[str, dict[str, str]]:
    """By table, the texts of its definition in the last version of format 2, by their names."""
    file = project / TEXTS_OF_FORMAT_2
    if not file.exists():
        return {}
    kept = json.loads(lzma.decompress(file.read_bytes()))
    return {table: {name: kept["texts"][name] for name in names} for table, names in kept["tables"].items()}
