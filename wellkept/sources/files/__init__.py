"""A folder of landing files, here or in an object store: `<entity>.csv|parquet`, or a folder `<entity>/` of them."""

from wellkept.sources.files.reading import read_files
from wellkept.sources.files.settings import FilesSource

__all__ = ["FilesSource", "read_files"]
