"""Which models each dbt model reads, itself or by a macro that it calls, from the files."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.definitions import CALL, REFERENCE

_MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(.*?endmacro\s*-?%}", re.DOTALL)


@cache
def models_read(project: Path = DBT_PROJECT) -> Mapping[str, frozenset[str]]:
    """By model, the models (not the seeds) that its SQL refers to."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in (project / "models").rglob("*.sql")}
    macros = {
        found[1]: found[0]
        for file in sorted((project / "macros").rglob("*.sql"))
        for found in _MACRO.finditer(file.read_text(encoding="utf-8"))
    }
    return {
        name: frozenset(_references(text, macros, seen=set()) & texts.keys() - {name}) for name, text in texts.items()
    }


def longest_chain(model: str, project: Path = DBT_PROJECT) -> list[str]:
    """The model and what it reads, by the longest way down to one that reads no other."""
    return _chain(model, models_read(project), {})


def _chain(model: str, read: Mapping[str, frozenset[str]], known: dict[str, list[str]]) -> list[str]:
    if model not in known:
        chains = [_chain(other, read, known) for other in sorted(read[model])]
        known[model] = [model, *max(chains, key=len, default=[])]
    return known[model]


def _references(text: str, macros: Mapping[str, str], seen: set[str]) -> set[str]:
    found = set(REFERENCE.findall(text))
    for name in set(CALL.findall(text)) & macros.keys() - seen:
        seen.add(name)
        found |= _references(macros[name], macros, seen)
    return found
