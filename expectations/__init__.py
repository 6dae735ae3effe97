"""The gate: Great Expectations inside DuckDB, at the door where data comes in and at the door where it goes out."""
