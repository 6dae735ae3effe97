"""What readers open: immutable editions, a link to the newest, and a manifest of each."""

from wellkept.editions.link import pin, unpin
from wellkept.editions.manifest import read_manifest
from wellkept.editions.prune import prune
from wellkept.editions.publish import publish

__all__ = ["pin", "prune", "publish", "read_manifest", "unpin"]
