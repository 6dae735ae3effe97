"""Keep the warehouse small and honest: thin, prune, checkpoint, and prove a sample of features free of leaks.

Removes feature snapshots, editions, landing files and dbt's own files past their keeping (parameters kept_*).
Runs on Sundays after the day's edition; by hand with a partition key (the day, YYYY-MM-DD). If a step fails the tables
are whole and readers see nothing of it; a failed proof names what moved and is the one to act on. Its verdicts are in
quality.leak_audit either way, and go out as leak_audit with the next edition.
"""

from airflow.sdk import chain, dag, task

from wellkept.airflow.orchestration import dag_defaults, days, step
from wellkept.runs.run import Run


@task
@step
def thin_snapshots(run: Run) -> dict[str, int]:
    from features.build import thin_snapshots

    return {"table_days_removed": thin_snapshots(run)}


@task(pool="default_pool")  # moves files, and opens no warehouse
@step
def prune_editions(run: Run) -> dict[str, int]:
    from wellkept.editions import prune

    return {"editions_removed": prune(run)}


@task
@step
def prune_builds(run: Run) -> dict[str, int]:
    from wellkept.warehouse.dbt import prune_builds

    return {"builds_removed": prune_builds(run)}


@task(pool="default_pool")  # removes files, and opens no warehouse
@step
def prune_landing(run: Run) -> dict[str, int]:
    from wellkept.landing.load import prune_landing

    return {"days_removed": prune_landing(run)}


@task
@step
def checkpoint_warehouse(run: Run) -> None:
    from wellkept.warehouse.connecting import checkpoint

    checkpoint(run)


@task
@step
def prove_sample(run: Run) -> dict[str, int]:
    from features.prover import prove_sample

    return prove_sample(run)


@dag(schedule=days("0 8 * * 0"), doc_md=__doc__, **dag_defaults())
def maintain_warehouse() -> None:
    chain(thin_snapshots(), prune_editions(), prune_landing(), prune_builds(), checkpoint_warehouse(), prove_sample())


maintain_warehouse()
