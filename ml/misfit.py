"""Why a version may not speak on a day: other parameters, or features that are no longer what it was trained on."""

import json
from collections.abc import Mapping
from typing import Any

from features.registry import Feature
from ml.spec import ModelSpec
from ml.versions import Version, hash_features, read_training_set
from wellkept.project.definitions import table_hash
from wellkept.runs.run import Run


def find_misfit(run: Run, spec: ModelSpec, version: Version, known: Mapping[str, Feature]) -> str | None:
    """The reason in words, with the version, what differs and the next step; None where it fits."""
    reason = _compare_parameters(run, spec, version) or _compare_features(run, version, known)
    if reason is None:
        return None
    return f"{version.model_version} {reason} train it again: wellkept train --as-of {run.as_of_date}"


def _compare_parameters(run: Run, spec: ModelSpec, version: Version) -> str | None:
    used, present = json.loads(version.parameters), spec.parameters_used(run.parameters)
    if used == present:
        return None
    differing = [name for name in sorted({*used, *present}) if used.get(name) != present.get(name)]
    return (
        f"was trained with {_in_words(used)}; {run.as_of_date} would run with "
        f"{_in_words({name: present.get(name) for name in differing})}; set the same under [parameters] in "
        "wellkept.toml, or"
    )


def _compare_features(run: Run, version: Version, known: Mapping[str, Feature]) -> str | None:
    gone = [name for name in version.feature_names if name not in known]
    if gone:
        return f"needs {', '.join(gone)}, which no feature table has now; it cannot speak on {run.as_of_date};"
    if hash_features(version.feature_names, known, run) == version.feature_set_hash:
        return None
    differences = _list_differences(run, version, known)
    named = f": {'; '.join(differences)}" if differences else ""
    return f"was trained on features that are defined differently now{named}; it cannot speak on {run.as_of_date};"


def _list_differences(run: Run, version: Version, known: Mapping[str, Feature]) -> list[str]:
    """What its training set says, against what is; nothing where its folder does not tell."""
    trained_on = read_training_set(run, version)
    if trained_on is None:
        return []
    types = {feature["name"]: feature["data_type"] for feature in trained_on["features"]}
    names = version.feature_names
    retyped = [
        f"{name} was {types[name]} and is {known[name].data_type}"
        for name in names
        if types.get(name, known[name].data_type) != known[name].data_type
    ]
    hashes: Mapping[str, str] = trained_on["definition_hashes"]
    tables = sorted({known[name].group for name in names})
    changed = [
        f"the definition of {table} changed"
        for table in tables
        if hashes.get(table) != table_hash(table, run.parameters)
    ]
    return [*changed, *retyped]


def _in_words(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
