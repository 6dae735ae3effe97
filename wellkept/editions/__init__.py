"""What readers open: immutable editions, a link to the newest, and a manifest of each."""

from wellkept.editions.link import pin, unpin
from wellkept.editions.manifest import read_manifest
from wellkept.editions.prune import prune
from wellkept.editions.publish import publish, publish_and_prune

__all__ = ["pin", "prune", "publish", "publish_and_prune", "read_manifest", "unpin"]
