"""HubSpot CRM over its v3 REST API: objects mapped to entities, in full at first and then what changed."""

from wellkept.sources.hubspot.reading import read_hubspot
from wellkept.sources.hubspot.settings import HubspotSource

__all__ = ["HubspotSource", "read_hubspot"]
