"""Keep the warehouse small and honest: thin, prune, checkpoint, and prove a sample of features free of leaks.

Removes feature snapshots, editions and landing files past their keeping (parameters kept_*), never the last of a kind.
Runs on Sundays after the day's edition; by hand with a partition key (the day, YYYY-MM-DD). If a step fails the tables
are whole and readers see nothing of it; a failed proof names the feature that moved and is the one to act on.
"""

from airflow.sdk import chain, dag, task

from wellkept.orchestration import dag_defaults, days, step
from wellkept.run import Run


@task(pool="warehouse")
@step
def thin_snapshots(run: Run) -> None:
    from features.build import thin_snapshots

    thin_snapshots(run)


@task
@step
def prune_editions(run: Run) -> None:
    from wellkept.editions import prune

    prune(run)


@task
@step
def prune_landing(run: Run) -> None:
    from wellkept.landing.load import prune_landing

    prune_landing(run)


@task(pool="warehouse")
@step
def checkpoint_warehouse(run: Run) -> None:
    from wellkept.warehouse import checkpoint

    checkpoint(run)


@task(pool="warehouse")
@step
def prove_sample(run: Run) -> None:
    from features.prover import prove_sample

    prove_sample(run)


@dag(schedule=days("0 8 * * 0"), doc_md=__doc__, **dag_defaults())
def maintain_warehouse() -> None:
    chain(thin_snapshots(), prune_editions(), prune_landing(), checkpoint_warehouse(), prove_sample())


maintain_warehouse()
