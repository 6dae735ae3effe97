"""The file of risks: each customer's, by a model that never saw that customer, with the reasons that raise it most."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ml.undated.table import Customers
from ml.undated.validation import OutOfFold

Floats = NDArray[np.float64]
_REASONS = 3


def list_risks(customers: Customers, out: OutOfFold, kind: str, is_keyed: bool) -> pa.Table:
    """A row a customer in the key's order: risk, raw score, decile, outcome, and up to three reasons.

    A reason is a column that raised the raw score, with what it added; what all columns added and the bias sum to
    the score. Without a key the customer goes by the row's place in the file, from 1.
    """
    raw, terms = out.explain(kind, customers.matrix)
    risk = out.risks[kind][0]
    columns: dict[str, pa.Array] = {
        "customer_id" if is_keyed else "row_number": customers.keys,
        "churn_risk": pa.array(risk),
        "raw_score": pa.array(raw),
        "risk_decile": pa.array(_deciles(risk)),
        "has_churned": pa.array(customers.churned > 0),
        "fold": pa.array(out.folds[0]),
        "bias": pa.array(terms[:, -1]),
    }
    order = np.argsort(-terms[:, :-1], axis=1, kind="stable")[:, :_REASONS]
    for place in range(min(_REASONS, len(customers.columns))):
        columns |= _list_reasons(customers, terms, order[:, place], place + 1)
    return pa.table(columns)


def write_risks(table: pa.Table, path: Path) -> None:
    """As Parquet; equal tables give equal bytes."""
    pq.write_table(table, path, compression="zstd")


def _list_reasons(customers: Customers, terms: Floats, chosen: NDArray[np.int64], number: int) -> dict[str, pa.Array]:
    rows = np.arange(len(chosen))
    added, values = terms[rows, chosen], customers.matrix[rows, chosen]
    said = [
        (customers.columns[column].name, float(term), customers.columns[column].say(value)) if term > 0 else (None,) * 3
        for column, term, value in zip(chosen, added, values, strict=True)
    ]
    return {
        f"reason_{number}": pa.array([sentence for _, _, sentence in said], pa.string()),
        f"reason_{number}_column": pa.array([name for name, _, _ in said], pa.string()),
        f"reason_{number}_contribution": pa.array([term for _, term, _ in said], pa.float64()),
    }


def _deciles(risk: Floats) -> NDArray[np.int32]:
    """10 is the riskiest tenth; ties by the order of the rows."""
    places = np.empty(len(risk), dtype=np.int64)
    places[np.argsort(risk, kind="stable")] = np.arange(len(risk))
    deciles: NDArray[np.int32] = (places * 10 // len(risk) + 1).astype(np.int32)
    return deciles
