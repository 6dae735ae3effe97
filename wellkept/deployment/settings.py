"""What a deployment sets in the environment, read once, here (wellkept.toml is wellkept/operations/configuration.py)."""

import os
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home


class Settings(BaseSettings):
    """Read from `WELLKEPT_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="WELLKEPT_", extra="ignore")

    home: Path = Field(Path(".wellkept"), description="where all data of this deployment lies")
    config: Path = Field(
        Path("wellkept.toml"), description="the configuration file, where the home has none of its own; absent is empty"
    )
    alert_webhook: str = Field("", description="a URL that gets a JSON POST when a run fails", repr=False)
    memory_limit: str = Field("", description="DuckDB's memory limit, for example 8GB; empty: DuckDB's own")
    threads: int = Field(2, ge=1, description="threads for DuckDB and LightGBM")
    tuning_trials: int | None = Field(
        None,
        ge=0,
        description="trials of LightGBM's tunables a training may make; empty: as many as the model's spec says",
    )
    choice_days: int | None = Field(
        None,
        ge=0,
        description="past days on which a training chooses what a model is made of (0: nothing is chosen, the plain blend "
        "is judged); empty: as many as the model's spec says",
    )
    approve_promotions: bool = Field(
        False,
        description="a person approves each trained version before it serves; on Airflow's pages under a scheduler",
    )
    lock_timeout_seconds: int = Field(3600, ge=0, description="how long to wait for another run")
    mlflow_tracking_uri: str = Field("", description="an MLflow server; empty: SQLite under the home")

    @cached_property
    def home_paths(self) -> Home:
        return Home(self.home.expanduser().resolve())

    @property
    def is_config_named(self) -> bool:
        """Whether somebody named the configuration file, so that it must be there."""
        return os.environ.get("WELLKEPT_CONFIG") == str(self.config)


def read_settings(home: Path | None = None) -> Settings:
    """The settings of the environment, in another home if one is given; a BadInputError names each wrong variable."""
    try:
        return Settings(home=home) if home else Settings()
    except ValidationError as error:
        lines = [f"  WELLKEPT_{str(mistake['loc'][0]).upper()}: {mistake['msg']}" for mistake in error.errors()]
        raise BadInputError("\n".join(["the environment has wrong values:", *lines])) from None


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
