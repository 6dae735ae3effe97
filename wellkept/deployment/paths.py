"""Where everything lies, so that no other file spells a path."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"
MODEL_SPECS = PROJECT_ROOT / "models"
DAGS = PROJECT_ROOT / "dags"


@dataclass(frozen=True)
class Home:
    """The folder a deployment keeps its data in: `$WELLKEPT_HOME`, else `.wellkept` where the command is run."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        return self.root / "writer.lock"

    @property
    def config(self) -> Path:
        """The configuration that holds where none is given otherwise."""
        return self.root / "wellkept.toml"

    @property
    def format_file(self) -> Path:
        return self.root / "home.json"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def editions(self) -> Path:
        return self.published / "editions"

    @property
    def link(self) -> Path:
        """What BI tools open: a link to the newest edition."""
        return self.published / "wellkept.duckdb"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def training(self) -> Path:
        """Training sets, one Parquet file a run."""
        return self.root / "training"

    @property
    def models(self) -> Path:
        """Trained models, one folder a version."""
        return self.root / "models"

    @property
    def tuning_database(self) -> Path:
        """Optuna's studies: what was tried, so that a search goes on where it was stopped."""
        return self.root / "tuning.db"

    @property
    def mlflow_database(self) -> Path:
        return self.root / "mlflow.db"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.root / "mlflow"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.root / "airflow"

    @property
    def scratch(self) -> Path:
        """Spill files and databases that live no longer than a step."""
        return self.root / "scratch"

    @property
    def landing_root(self) -> Path:
        return self.root / "landing"

    def landing(self, as_of_date: date, source: str) -> Path:
        """The folder that records what a source delivered on a day."""
        return self.landing_root / as_of_date.isoformat() / source

    @property
    def dbt(self) -> Path:
        """What dbt writes beside the warehouse, one folder a run."""
        return self.root / "dbt"

    def dbt_target(self, run_id: str) -> Path:
        return self.dbt / run_id

    @property
    def dbt_memory(self) -> Path:
        """What dbt has read of its project, kept from one call to the next."""
        return self.dbt / "partial_parse.msgpack"

    @property
    def demo(self) -> Path:
        """The demo company's own systems and the truth about it; the pipeline never reads here."""
        return self.root / "demo"

    @property
    def lab(self) -> Path:
        """Pages of the laboratory, one a day."""
        return self.root / "lab"

    @property
    def backups(self) -> Path:
        """The warehouse as it was before each upgrade."""
        return self.root / "backups"

    @property
    def working_folders(self) -> tuple[Path, ...]:
        """What a run writes into, besides `published`."""
        return (
            self.landing_root,
            self.runs,
            self.scratch,
            self.training,
            self.models,
            self.airflow,
            self.mlflow_artifacts,
            self.dbt,
        )

    @property
    def occasional_folders(self) -> tuple[Path, ...]:
        """What only some homes have."""
        return (self.backups, self.lab)

    @property
    def databases(self) -> tuple[Path, ...]:
        """The database files of the pipeline's own, with the log DuckDB writes ahead."""
        log = self.warehouse.with_name(f"{self.warehouse.name}.wal")
        return (self.warehouse, log, self.mlflow_database, self.tuning_database)
