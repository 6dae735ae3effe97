"""`wellkept demo`: found a made-up company and run its day, from its database and CRM to a published edition."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from wellkept.demo.notes import require_company, within_reach
from wellkept.demo.truth import FIRST_DAY, LAST_DAY, SMALLEST
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home
from wellkept.deployment.settings import Settings, read_settings
from wellkept.operations.configuration import find_config
from wellkept.operations.new_run import make_run
from wellkept.runs.run import Run

if TYPE_CHECKING:
    from wellkept.demo.crm_server import Fault
    from wellkept.demo.systems import Written

_INTRO = """\
[bold]Wellkept demo[/bold]: a made-up shop with {customers:,} customers and three years behind it.

  1. found the shop: orders go into a real PostgreSQL, customers, tickets and calls into a CRM server
  2. ingest both, from the database and over HTTP: check, version, put aside what cannot be read
  3. train a model of who will not order again, and judge it on days it has not seen ({search})
  4. build, score, check and publish the edition of {today}

Nobody in it is real. Everything is written under {home}; both servers listen on this machine only, while it runs.
"""

_SMALL_SEARCH = {"choice_days": 3, "tuning_trials": 0}
"""What the demo searches of a real shop's search, unless the environment says how much: enough to find the same model."""


def demo(
    customers: Annotated[int, typer.Option(min=SMALLEST, help="How many customers join in three years.")] = 4000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another company.")] = 7,
    home: Annotated[Path | None, typer.Option(help="Where to put everything; default: $WELLKEPT_HOME.")] = None,
    advance: Annotated[
        str, typer.Option("--advance", help="Let days pass in the company that is there (1d, 1w); run them after.")
    ] = "",
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep its database and CRM running, to look at, until Ctrl-C.")
    ] = False,
    fail: Annotated[
        list[str] | None,
        typer.Option("--fail", help="Let the CRM fail: NAME or NAME:TIMES; `list` shows the names, `none` ends it."),
    ] = None,
    full_search: Annotated[
        bool, typer.Option("--full-search", help="Search for the model as a real shop's training does; takes longer.")
    ] = False,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write the shop's books as landing files instead, to try files.")
    ] = None,
) -> None:
    """Found the demo company, run its day and show what was published; or let its days pass.

    --advance, --serve, --fail and --export each do what they say, and run nothing.
    """
    if advance:
        _advance(home, advance)
    elif fail:
        _fail(home, fail)
    elif serve:
        _serve(home)
    elif export:
        _export(export, seed, customers)
    else:
        settings = read_settings(home)
        _found_and_run(settings if full_search else _searching_less(settings), seed, customers)


def _found_and_run(settings: Settings, seed: int, customers: int) -> None:
    from wellkept.cli.run import run_day
    from wellkept.cli.summary import print_summary, read_summary
    from wellkept.demo.company import Charter
    from wellkept.demo.systems import found_company

    _refuse_other_config(settings)
    facts = {"customers": customers, "today": LAST_DAY, "home": _shown(settings.home_paths.root)}
    Console(stderr=True).print(_INTRO.format(**facts, search=_describe_search(settings)))
    with Console(stderr=True).status("Founding the company ..."):
        charter = Charter(seed, customers, FIRST_DAY)
        written = found_company(settings.home_paths, charter, LAST_DAY, _horizon_days(), settings.lock_timeout_seconds)
    Console(stderr=True, highlight=False).print(_describe(written))
    made = make_run(written.company.today, settings=settings)
    run_day(made)
    print_summary(read_summary(made), Console())
    _print_foresight(made)
    if _is_small(settings):
        command = f"wellkept train --as-of {made.as_of_date}"
        Console(highlight=False, soft_wrap=True).print(
            f"\nThe model was searched for in little time; as a real shop's training does it: {command}"
        )


def _searching_less(settings: Settings) -> Settings:
    """The settings with the demo's search where the environment does not say how much is searched."""
    return settings.model_copy(
        update={name: value for name, value in _SMALL_SEARCH.items() if getattr(settings, name) is None}
    )


def _is_small(settings: Settings) -> bool:
    return {name: getattr(settings, name) for name in _SMALL_SEARCH} == _SMALL_SEARCH


def _describe_search(settings: Settings) -> str:
    if not _is_small(settings):
        return "as long a search as the settings or the models' specs say"
    days, trials = _SMALL_SEARCH["choice_days"], _SMALL_SEARCH["tuning_trials"]
    return f"a smaller search than a real shop's: {days} past days to choose on, {trials} tuning trials"


def _refuse_other_config(settings: Settings) -> None:
    """The demo's day is read from the demo's own systems, which the home's wellkept.toml names."""
    if settings.is_config_named and find_config(settings).resolve() != settings.home_paths.config:
        raise BadInputError(
            f"WELLKEPT_CONFIG names {settings.config}, and the demo reads its own sources: unset it for this command"
        )


def _advance(home: Path | None, step: str) -> None:
    from wellkept.cli.run import parse_step
    from wellkept.demo.systems import advance_company

    settings = read_settings(home)
    with Console(stderr=True).status("Days pass ..."):
        written = advance_company(
            settings.home_paths, parse_step("--advance", step).days, _horizon_days(), settings.lock_timeout_seconds
        )
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"It is {written.company.today} at the demo company. Changed since:")
    for table, (new, changed) in {**written.shop, **written.crm}.items():
        console.print(f"  {table:<24}{new:>8,} new {changed:>8,} changed")
    console.print(f"Next: wellkept run --as-of {written.company.today}")


def _fail(home: Path | None, given: list[str]) -> None:
    from wellkept.demo.crm_server import FAULTS, set_faults

    console = Console(highlight=False, soft_wrap=True)
    if given == ["list"]:
        for name, sentence in FAULTS.items():
            console.print(f"  {name:<18}{sentence}")
        return
    paths = _home_of_company(home)
    faults = [] if given == ["none"] else [_parse_fault(text) for text in given]
    with within_reach(paths):
        set_faults(paths.demo / "crm", faults)
    if not faults:
        console.print("The CRM is well.")
        return
    console.print(f"From now on the CRM fails: {', '.join(given)}. `wellkept demo --fail none` makes it well again.")


def _parse_fault(text: str) -> "Fault":
    """`storm`, or `storm:5` for the first five requests of a run."""
    from wellkept.demo.crm_server import Fault

    name, _, times = text.partition(":")
    if times and not times.isdecimal():
        raise BadInputError(f"--fail {text}: write it as NAME or NAME:TIMES, for example storm:5")
    return Fault(name, int(times) if times else None)


def _serve(home: Path | None) -> None:
    from wellkept.demo.opening import company_open

    paths = _home_of_company(home)
    console = Console(highlight=False, soft_wrap=True)
    try:
        with company_open(paths) as connections:
            console.print(f"PostgreSQL: psql '{connections['shop']}'")
            console.print(f"CRM: {connections['crm'].rpartition('@')[2]}, private-app token in {paths.demo / 'token'}")
            console.print("Ctrl-C stops both.")
            signal.pause()
    except KeyboardInterrupt:
        console.print("Stopped.")


def _home_of_company(home: Path | None) -> Home:
    paths = read_settings(home).home_paths
    with within_reach(paths):
        require_company(paths)
    return paths


def _export(folder: Path, seed: int, customers: int) -> None:
    from wellkept.demo.company import write_landing

    founded = write_landing(folder, seed=seed, customers=customers)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{_counted(founded.rows)}; and {sum(founded.dirt.values())} bad or repeated lines, as in life.")
    console.print(f"Next, in a home of its own: wellkept run --as-of {founded.last_day} --source {folder}")


def _print_foresight(run: Run) -> None:
    from wellkept.demo.report import judge_scores
    from wellkept.demo.systems import outcomes_file

    found = judge_scores(run.home.link, outcomes_file(run.home))
    if not found:
        return
    days = run.parameters.integer("horizon_days")
    Console(highlight=False, soft_wrap=True).print(
        f"\nThe company's own future tells who was right: of {found.customers:,} customers with a risk "
        f"{found.churned_share:.0%} order nothing in the {days} days that follow.\n"
        f"  AUC of the published risks    {found.model_auc:.3f}\n"
        f"  AUC of the true probabilities {found.true_auc:.3f}   (who knew all that moves them, but not the dice)\n"
        f"  difference                    {found.difference:.3f}"
    )


def _horizon_days() -> int:
    from wellkept.project.parameters import Parameters

    return Parameters().integer("horizon_days")


def _describe(written: "Written") -> str:
    rows = {name: new for name, (new, _) in {**written.shop, **written.crm}.items()}
    return f"Founded: {_counted(rows)}.\n" if rows else f"The company is there already, on {written.company.today}.\n"


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items())


def _shown(path: Path) -> str:
    inside = path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd()) if inside else path)
