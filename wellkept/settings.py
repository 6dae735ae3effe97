"""What a deployment sets: the environment (once, here) and wellkept.toml."""

import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wellkept.errors import BadInputError
from wellkept.parameters import Parameters
from wellkept.paths import Home


class Settings(BaseSettings):
    """Read from `WELLKEPT_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="WELLKEPT_", extra="ignore")

    home: Path = Field(Path(".wellkept"), description="where all data of this deployment lies")
    config: Path = Field(Path("wellkept.toml"), description="the configuration file; absent is empty")
    alert_webhook: str = Field("", description="a URL that gets a JSON POST when a run fails", repr=False)
    memory_limit: str = Field("", description="DuckDB's memory limit, for example 8GB; empty: DuckDB's own")
    threads: int = Field(2, ge=1, description="threads for DuckDB and LightGBM")
    lock_timeout_seconds: int = Field(3600, ge=0, description="how long to wait for another run")
    mlflow_tracking_uri: str = Field("", description="an MLflow server; empty: SQLite under the home")

    @cached_property
    def home_paths(self) -> Home:
        return Home(self.home.expanduser().resolve())


class FilesSource(BaseModel):
    """A folder with `<entity>.csv|parquet` files or `<entity>/` folders of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["files"] = "files"
    path: Path
    timezone: str = "UTC"
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."


class Config(BaseModel):
    """wellkept.toml, checked: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: dict[str, Any] = {}
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], FilesSource] = {}


def load_config(path: Path) -> Config:
    """The configuration in `path`; an absent file is an empty one, a wrong one a BadInputError that names the key."""
    if not path.exists():
        return Config()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        config = Config.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not readable as TOML: {error}") from None
    except ValidationError as error:
        raise BadInputError("\n".join([f"{path} has {error.error_count()} mistake(s):", *_mistakes(error)])) from None
    Parameters(config.parameters)
    return config


def _mistakes(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors():
        key = ".".join(str(part) for part in mistake["loc"] if part != "files")
        unknown = mistake["type"] == "extra_forbidden"
        lines.append(f"  {key}: {'unknown key' if unknown else mistake['msg']}")
    return lines


def child_environment(**extra: str) -> dict[str, str]:
    """This process's environment for a child: telemetry off, loopback past any proxy, plus `extra`."""
    loopback = "127.0.0.1,localhost"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    no_proxy = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if "127.0.0.1" not in no_proxy:
        no_proxy = f"{no_proxy},{loopback}".strip(",")
    return {**environment, **_QUIET, "NO_PROXY": no_proxy, "no_proxy": no_proxy, **extra}


_QUIET = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "GX_ANALYTICS_ENABLED": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # LightGBM's threads spin while they wait, and on busy cores that costs more than the work.
    "OMP_WAIT_POLICY": "passive",
}
