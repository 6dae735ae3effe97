"""Take one day's rows from every source, check them and load them into the raw tables.

Makes the day's landing files and the rows of `raw.*`. Hands over to `build_edition` by the asset `raw`, same day.
If it fails, nothing of the day is loaded: the error names the source, the table and the row rule. Mend the source (or
wellkept.toml) and clear the run from extract_source on. A day that is loaded is never extracted again.
Run it by hand with a partition key (the day, YYYY-MM-DD).
"""

from typing import Any

from airflow.sdk import chain, dag, task

from wellkept.airflow.orchestration import RAW, dag_defaults, days, step
from wellkept.runs.run import Run


@task
@step
def list_sources(run: Run) -> list[str]:
    from wellkept.sources.extract import names

    return names(run)


# Extracts run beside each other; each writes files of its own, and only looks into the warehouse.
@task(pool="default_pool", map_index_template="{{ task.op_kwargs['source'] }}")
@step
def extract_source(run: Run, source: str) -> dict[str, Any]:
    from wellkept.sources.extract import extract

    return extract(run, source)


@task(trigger_rule="none_failed")  # a rebuild from raw has no source to extract
@step
def check_landing(run: Run) -> None:
    from expectations.gate import check_landing

    check_landing(run)


@task(outlets=[RAW])
@step
def load_raw(run: Run) -> dict[str, Any]:
    from wellkept.landing.load import load_day

    return load_day(run)


@dag(schedule=days("0 2 * * *"), doc_md=__doc__, **dag_defaults())
def ingest_sources() -> None:
    chain(extract_source.expand(source=list_sources()), check_landing(), load_raw())


ingest_sources()
