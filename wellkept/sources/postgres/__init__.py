"""A PostgreSQL database: tables or queries mapped to entities, read in one snapshot.

MySQL is not here: its types, time zones and errors are its own, and none of it was tried against a server.
"""

from wellkept.sources.postgres.reading import read_postgres
from wellkept.sources.postgres.settings import PostgresSource

__all__ = ["PostgresSource", "read_postgres"]
