"""The entities of which features are NULL on days before anything was known of them, from the yml of int_sources_present."""

from functools import cache
from pathlib import Path

from wellkept.deployment.errors import WellkeptError
from wellkept.deployment.paths import DBT_PROJECT
from wellkept.project.described import read_models


@cache
def entities_null_while_absent(project: Path = DBT_PROJECT) -> frozenset[str]:
    """By name; a yml that does not list them is a WellkeptError, because repairs would be narrowed without a word."""
    described = read_models(project)["int_sources_present"]
    entities = described.meta.get("null_while_absent")
    if not entities:
        raise WellkeptError(
            f"{described.file} does not list the entities that features are NULL without; add "
            "`config: {meta: {null_while_absent: [refunds]}}` with all of them"
        )
    return frozenset(entities)
