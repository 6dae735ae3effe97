"""All that Python knows of the dbt project: parameters, feature columns, labels, definition hashes."""
