"""The feature store: building snapshots, reading them point in time, and proving that they do not leak."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from wellkept.runs.run import Run


def read(run: "Run", spine: "pa.Table | pa.RecordBatchReader", names: Sequence[str]) -> "pa.RecordBatchReader":
    """The spine with the features `names` of its customer_id and as_of_date; features/on_demand.py says what to count on."""
    from features.on_demand import read as read_on_demand  # brings engines that `wellkept features list` does not need

    return read_on_demand(run, spine, names)
