"""A snapshot's model on disk: <home>/models/snapshot-<file>/<version>/, whole or not at all."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pyarrow as pa

from ml.undated.fitting import Fitted, describe_fit, file_of, read_fit
from ml.undated.report import Report
from ml.undated.risks import write_risks
from ml.undated.table import Column
from wellkept.deployment.errors import WellkeptError

MANIFEST, MAPPING, RISKS = "manifest.json", "mapping.json", "risks.parquet"
_MADE_WITH = ("lightgbm", "scikit-learn", "numpy", "duckdb", "pyarrow")


def save_model(folder: Path, report: Report, card: str, html: str, risks: pa.Table) -> dict[str, Any]:
    """Write the folder, replacing one of the same version; returns its manifest."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Private to this process: another one may be making the same version.
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        texts = {
            file_of(report.final.kind): report.final.model.to_text(),
            MAPPING: describe_fit(report.columns, report.final),
            "card.md": card,
            "card.html": html,
        }
        for name, text in texts.items():
            (part / name).write_text(text, encoding="utf-8")
        write_risks(risks, part / RISKS)
        manifest = _describe(report, {name: hash_file(part / name) for name in sorted([*texts, RISKS])})
        (part / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def load_model(folder: Path, threads: int) -> tuple[list[Column], Fitted]:
    """The columns and the calibrated model of a folder, after its hashes were checked."""
    files: Mapping[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    for name, wanted in files.items():
        if not (folder / name).exists() or hash_file(folder / name) != wanted:
            raise WellkeptError(
                f"{folder / name} is not the file that was trained; train it again: wellkept train --snapshot"
            )
    described = (folder / MAPPING).read_text(encoding="utf-8")
    model = (folder / file_of(json.loads(described)["kind"])).read_text(encoding="utf-8")
    return read_fit(described, model, threads)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe(report: Report, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "model_name": report.name,
        "model_version": report.version,
        "file": report.file,
        "data_sha256": report.data_sha256,
        "key": report.key,
        "target": report.target,
        "churned_value": report.positive,
        "stayed_value": report.negative,
        "rows": report.rows,
        "churned": report.churned,
        "rows_without_target": report.rows_without_target,
        "columns": [
            {"name": column.name, "kind": column.kind, "categories": len(column.categories)}
            for column in report.columns
        ],
        "left_out": dict(report.left_out),
        "kept": list(report.kept),
        "calibration": report.final.calibration.kind,
        "verdict": report.verdict.as_dict(),
        "rules": json.loads(report.rules.to_text()),
        "made_with": {name: version_of(name) for name in _MADE_WITH},
        "files": dict(files),
    }
