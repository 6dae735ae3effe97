"""Training sets: every feature and the label of whole days, in one Parquet file, with its manifest beside it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from features.build import build_days
from features.definitions import label_names
from features.manifest import describe_training_set, write_manifest
from features.reads import read
from features.registry import load
from wellkept.errors import BadInputError, WellkeptError
from wellkept.run import Run
from wellkept.warehouse import connect

LABEL = "is_churned"


def write_training_set(run: Run, days: Sequence[date], out: Path) -> int:
    """Write one row per day and customer with features, with every feature and the label (NULL where not known by the run's day).

    Features are built where no snapshot holds the day. Beside it lies the manifest, as JSON. Returns the number of rows;
    no rows is an error.
    """
    import pyarrow.parquet as pq

    if not out.parent.is_dir():
        raise BadInputError(f"--out {out}: there is no folder {out.parent}")
    build_days(run, days)
    features = load()
    groups = sorted({feature.group for feature in features})
    label = label_names()[0]
    keys = " union ".join(
        f"select customer_id, as_of_date from features.{group} where list_contains($days, as_of_date)"
        for group in groups
    )
    with connect(run, "writing a training set") as connection:
        spine = connection.execute(
            f"select keys.customer_id, keys.as_of_date, labels.{LABEL} from ({keys}) as keys "
            f"left join labels.{label} as labels using (customer_id, as_of_date) order by as_of_date, customer_id",
            {"days": list(days)},
        ).to_arrow_table()
        if not spine.num_rows:
            raise WellkeptError(f"no customer has features on {', '.join(map(str, days))}; does raw reach back so far?")
        pq.write_table(read(connection, spine, [feature.name for feature in features]), out)
        write_manifest(out, describe_training_set(connection, run, out, features, label, LABEL))
    return int(spine.num_rows)
