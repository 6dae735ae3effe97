"""`wellkept features list` and `describe`: what is registered, and a customer for whom a feature is NULL."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from wellkept.cli.feature_page import RISK, write_page
from wellkept.cli.run import AsJson, HomeFolder
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.settings import read_settings
from wellkept.operations.new_run import make_run
from wellkept.project.parameters import Parameters
from wellkept.warehouse.connecting import connect

if TYPE_CHECKING:  # the features package brings Arrow
    from features.registry import Feature

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print docs/features.md.")]


def list_features(
    group: Annotated[str, typer.Option("--group", help="One group only, such as orders.")] = "",
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Every feature by group: its type, which way risk goes with it, the models that use it, and its sentence."""
    from features.registry import describe as describe_features
    from features.registry import load

    features = [feature for feature in load() if group in ("", feature.group, feature.group.partition("__")[2])]
    if not features:
        raise BadInputError(f"there is no group {group!r}; groups are {', '.join(_list_groups())}")
    if as_json:
        typer.echo(json.dumps(describe_features(features, _parameters(home)), indent=2))
        return
    if as_markdown:
        typer.echo(write_page(features), nl=False)
        return
    for name, of_group in groupby(features, key=lambda feature: feature.group):
        _print_group(name, list(of_group))


def describe(name: str, home: HomeFolder = None, as_json: AsJson = False) -> None:
    """All that is known about one feature, with a customer for whom it is NULL where this home has one."""
    from features.registry import describe as describe_features
    from features.registry import load_by_name

    features = load_by_name()
    if name not in features:
        raise BadInputError(f"there is no feature {name!r}; `wellkept features list` names them all")
    [known] = describe_features([features[name]], _parameters(home))
    example = _find_null_example(home, features[name])
    if as_json:
        typer.echo(json.dumps({**known, "null_example": example}, indent=2, default=str))
        return
    console = Console(highlight=False, markup=False)
    for key, value in known.items():
        between = f"\n{'':<17}" if key.endswith("sentences") else ", "
        text = (between.join(value) or "none") if isinstance(value, tuple) else value
        console.print(f"{key:<16} {text}")
    console.print(f"{'null_example':<16} {_say_null_example(example)}")


def _list_groups() -> list[str]:
    from wellkept.project.definitions import group_names

    return [table.partition("__")[2] for table in group_names()]


def _print_group(group: str, features: "Sequence[Feature]") -> None:
    lifetime = ", over all of history" if features[0].is_lifetime else ""
    table = Table(
        "feature",
        "type",
        "risk",
        "models",
        "what it is",
        title=f"{group}: {len(features)} features{lifetime}",
    )
    table.columns[0].no_wrap = True
    for feature in features:
        models = ", ".join(feature.models) or "-"
        table.add_row(feature.name, feature.data_type, RISK[feature.monotone], models, feature.description)
    Console().print(table)


def _parameters(home: Path | None) -> Parameters:
    return make_run(date.min, settings=read_settings(home)).parameters


def _find_null_example(home: Path | None, feature: "Feature") -> dict[str, Any] | None:
    from features.registry_table import find_null_example

    run = make_run(date.min, settings=read_settings(home))
    if not run.home.warehouse.exists():
        return None
    with connect(run, f"looking where {feature.name} is NULL") as connection:
        return find_null_example(connection, feature)


def _say_null_example(example: "Mapping[str, Any] | None") -> str:
    if example is None:
        return "none: no day is built in this home"
    of_all = f"{example['null_rows']:,} of {example['rows']:,} customers on {example['as_of_date']}"
    return f"customer {example['customer_id']}, one of {of_all}" if example["null_rows"] else f"none: {of_all}"
