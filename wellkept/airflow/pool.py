"""The pool that tasks wait for, one writer at a time: read at every DAG parse and before Airflow is there."""

POOL = "warehouse"
