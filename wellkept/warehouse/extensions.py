"""DuckDB's extensions: from the wheels this project installs, never from the network."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

from wellkept.deployment.errors import WellkeptError


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """The connection has the extension, for example `postgres_scanner`; a WellkeptError says what to install."""
    package = f"duckdb-extension-{name.replace('_', '-')}"
    spec = find_spec(f"duckdb_extension_{name}")
    advice = f"install {package}=={duckdb.__version__}, the version of duckdb itself"
    if spec is None or spec.origin is None:
        raise WellkeptError(f"DuckDB's extension {name} is not installed: {advice}")
    file = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    try:
        connection.load_extension(str(file))
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise WellkeptError(f"DuckDB's extension {name} cannot be loaded ({first_line}): {advice}") from None
