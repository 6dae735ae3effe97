"""What a deployment sets: the environment (once, here) and wellkept.toml."""

import os
import tomllib
import zoneinfo
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
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


def read_settings(home: Path | None = None) -> Settings:
    """The settings of the environment, in another home if one is given; a BadInputError names each wrong variable."""
    try:
        return Settings(home=home) if home else Settings()
    except ValidationError as error:
        lines = [f"  WELLKEPT_{str(mistake['loc'][0]).upper()}: {mistake['msg']}" for mistake in error.errors()]
        raise BadInputError("\n".join(["the environment has wrong values:", *lines])) from None


class FilesSource(BaseModel):
    """A folder with `<entity>.csv|parquet` files or `<entity>/` folders of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["files"] = "files"
    path: Path
    timezone: str = "UTC"
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of a name, such as Europe
            raise ValueError(f"{name!r} is not a known timezone; use a name like Europe/London") from None
        return name

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            "a".encode(name)  # a lookup alone would let codecs pass that are not for text, such as hex
        except (LookupError, ValueError):
            raise ValueError(f"{name!r} is not a known text encoding; use a name like utf-8 or cp1252") from None
        return name


class Config(BaseModel):
    """wellkept.toml, checked: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameters: dict[str, Any] = {}
    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], FilesSource] = {}


def read_config(settings: Settings) -> Config:
    """The configuration of these settings; a file that WELLKEPT_CONFIG names must be there."""
    path = settings.config.expanduser()
    if not path.exists() and os.environ.get("WELLKEPT_CONFIG") == str(settings.config):
        raise BadInputError(f"WELLKEPT_CONFIG names {path}, and there is no such file; correct it, or unset it")
    return load_config(path)


def load_config(path: Path) -> Config:
    """The configuration in `path`; an absent file is an empty one, a wrong one a BadInputError that names the key.

    A relative path of a source starts from the folder of the file.
    """
    if not path.exists():
        return Config()
    if path.is_dir():
        raise BadInputError(f"{path} is a folder; it must be a file in TOML (docs/wellkept.toml is an example)")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        config = Config.model_validate(content)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not readable as TOML: {error}") from None
    except OSError as error:
        raise BadInputError(f"{path} cannot be opened ({error.strerror}); let this user read it") from None
    except ValidationError as error:
        raise BadInputError("\n".join([f"{path} has {error.error_count()} mistake(s):", *_mistakes(error)])) from None
    Parameters(config.parameters)
    folder = path.absolute().parent
    sources = {
        name: source.model_copy(update={"path": folder / source.path.expanduser()})
        for name, source in config.sources.items()
    }
    return config.model_copy(update={"sources": sources})


def _mistakes(error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors():
        key = ".".join(str(part) for part in mistake["loc"] if part != "files")
        unknown = mistake["type"] == "extra_forbidden"
        lines.append(f"  {key}: {'unknown key' if unknown else mistake['msg'].removeprefix('Value error, ')}")
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
