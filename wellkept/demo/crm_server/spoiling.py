"""Faults that lie in a page itself: rows, cursors, properties and bytes."""

from typing import Any

from wellkept.demo.crm_server.faults import Faults


def spoil_page(
    faults: Faults, object_type: str, page: dict[str, Any], cursor: str | None, last_pages: dict[str, list[Any]]
) -> None:
    """Change the page as the faults say; `cursor` is the one that it was asked with, None for a first page."""
    objects: list[dict[str, Any]] = page["results"]
    if not objects or "properties" not in objects[0]:
        return
    _spoil_properties(faults, object_type, objects)
    original = list(objects)
    if cursor and object_type in last_pages and faults.take("duplicate_page", object_type):
        page["results"] = last_pages[object_type]
    if cursor and faults.take("repeated_cursor", object_type):
        page["paging"] = {"next": {"after": cursor}}
    if len(objects) > 1 and faults.take("short_page", object_type):
        page["results"] = objects[:-1]
    last_pages[object_type] = original


def spoil_bytes(faults: Faults, object_type: str, body: bytes) -> bytes:
    """Change the page's bytes as the faults say."""
    mail = b'"email": "'
    if mail in body and faults.take("not_utf8", object_type):
        return body.replace(mail, mail + b"caf\xe9-", 1)
    if faults.take("broken_page", object_type):
        return body[:-2]
    return body


def _spoil_properties(faults: Faults, object_type: str, objects: list[dict[str, Any]]) -> None:
    added = faults.take("column_added", object_type)
    removed = faults.take("column_removed", object_type)
    retyped = faults.take("column_retyped", object_type)
    for properties in (one["properties"] for one in objects):
        if added:
            properties["added_by_the_demo"] = "1"
        if removed:
            properties.pop(removed.property_name, None)
        if retyped and properties.get(retyped.property_name):
            properties[retyped.property_name] = f"about {properties[retyped.property_name]}"
