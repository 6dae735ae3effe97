"""The warehouse file: who opens it, who calls dbt, the lock, and SQL written safely."""
