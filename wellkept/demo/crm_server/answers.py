"""What each endpoint answers: HubSpot's pages, searches, batches and associations."""

from collections.abc import Mapping
from typing import Any

from wellkept.demo.crm_server.refusals import bad_input
from wellkept.demo.crm_server.store import LINKS, Store, Table, iso, milliseconds

LIST_LIMIT, SEARCH_LIMIT, BATCH_LIMIT, SEARCH_WINDOW = 100, 200, 100, 10_000
_SIGNS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ONE_OF = "number in (select unnest(?::bigint[]))"
_MOST_GROUPS, _MOST_FILTERS = 5, 6


def list_page(store: Store, table: Table, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of objects in the order of their ids, the archived ones or the others."""
    limit, after = _whole(query.get("limit", "10"), 1, LIST_LIMIT), _whole(query.get("after", "0"), 0)
    archived = query.get("archived", "false") == "true"
    links = [kind for kind in _words(query.get("associations", "")) if kind in table.links]
    wanted = "where archived = ? and number > ? order by number limit ?"
    found = _numbers(store, table, wanted, [archived, after, limit + 1])
    page: dict[str, Any] = {
        "results": _objects(store, table, _words(query.get("properties", "")), found[:limit], links)
    }
    return page | _next(str(found[limit - 1])) if len(found) > limit else page


def search_page(store: Store, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    """A page of what the filters find, and how many there are; nothing archived, and not past the window."""
    limit, after = _whole(body.get("limit", 10), 1, SEARCH_LIMIT), _whole(body.get("after") or 0, 0)
    if limit + after > SEARCH_WINDOW:
        raise bad_input(f"Search results past {SEARCH_WINDOW} cannot be paged to.")
    values: list[Any] = []
    where = f"where not archived and ({_filters(table, body.get('filterGroups', []), values)})"
    total = store.rows(f'select count(*) from "{table.name}" {where}', values)[0][0]
    rest = f"{where} order by {_order(table, body.get('sorts', []))} limit {limit} offset {after}"
    found = _numbers(store, table, rest, values)
    page = {"total": total, "results": _objects(store, table, body.get("properties", []), found)}
    return page | _next(str(after + limit)) if after + limit < total else page


def read_batch(store: Store, table: Table, body: Mapping[str, Any], archived: bool) -> dict[str, Any]:
    """The objects of these ids, in no promised order; those that there are not are named as errors."""
    ids = _inputs(body)
    held = _numbers(store, table, f"where archived = ? and {_ONE_OF}", [archived, _whole_ids(ids)])
    found = _objects(store, table, body.get("properties", []), held)
    missing = sorted({*ids} - {one["id"] for one in found})
    answer: dict[str, Any] = {"status": "COMPLETE", "results": found}
    if missing:
        error = {"status": "error", "category": "OBJECT_NOT_FOUND", "context": {"ids": missing}}
        error["message"] = f"Could not get some {table.name} objects, they may be deleted or not exist."
        answer |= {"numErrors": 1, "errors": [error]}
    return answer


def read_associations(store: Store, table: Table, to: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What these objects are associated with; those without anything are named as errors."""
    ids = _inputs(body)
    found: dict[str, str] = {}
    if to in table.links:
        query = f'select id, {LINKS[to]} from "{table.name}" where {_ONE_OF} and {LINKS[to]} is not null'
        found = dict(store.rows(query, [_whole_ids(ids)]))
    kind = f"{table.name}_to_{to}"
    results = [{"from": {"id": one}, "to": [{"id": found[one], "type": kind}]} for one in ids if one in found]
    errors = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {to} is associated with {table.name} {one}.",
            "context": {"fromObjectId": [one], "fromObjectType": [table.name], "toObjectType": [to]},
        }
        for one in ids
        if one not in found
    ]
    answer = {"status": "COMPLETE", "results": results}
    return answer | {"numErrors": len(errors), "errors": errors} if errors else answer


def _numbers(store: Store, table: Table, rest: str, values: list[Any]) -> list[int]:
    """Which objects, in order: to find them first and fetch them then is ten times faster than both at once."""
    return [number for (number,) in store.rows(f'select number from "{table.name}" {rest}', values)]


def _objects(
    store: Store, table: Table, asked: list[str], numbers: list[int], links: list[str] | None = None
) -> list[dict[str, Any]]:
    """These objects, in this order."""
    names = [*dict.fromkeys([*table.always, *(name for name in asked if name in table.properties)])]
    own = ["id", iso("created_at"), iso("updated_at"), "archived", iso("archived_at")]
    columns = own + [LINKS[kind] for kind in links or []] + [table.column(name) for name in names]
    query = f'select {", ".join(columns)} from "{table.name}" where number between ? and ? and {_ONE_OF}'
    fetched = store.rows(query, [min(numbers, default=0), max(numbers, default=0), numbers])
    places = {str(number): place for place, number in enumerate(numbers)}
    objects = []
    for row in sorted(fetched, key=lambda row: places[row[0]]):
        linked, held = row[len(own) : len(columns) - len(names)], row[len(columns) - len(names) :]
        one = {"id": row[0], "properties": dict(zip(names, held, strict=True))}
        one |= {"createdAt": row[1], "updatedAt": row[2], "archived": row[3]}
        if row[3]:
            one["archivedAt"] = row[4]
        found = {kind: to for kind, to in zip(links or [], linked, strict=True) if to}
        if found:
            one["associations"] = {
                kind: {"results": [{"id": to, "type": f"{table.name}_to_{kind}"}]} for kind, to in found.items()
            }
        objects.append(one)
    return objects


def _filters(table: Table, groups: list[dict[str, Any]], values: list[Any]) -> str:
    """SQL for the groups, of which one must hold; `values` gets what it binds."""
    if len(groups) > _MOST_GROUPS or any(len(group.get("filters", [])) > _MOST_FILTERS for group in groups):
        raise bad_input("There are too many filters or filter groups.")
    wanted = [" and ".join(_filter(table, one, values) for one in group["filters"]) for group in groups]
    return " or ".join(f"({one})" for one in wanted) or "true"


def _filter(table: Table, one: Mapping[str, Any], values: list[Any]) -> str:
    name, operator = one.get("propertyName", ""), one.get("operator")
    if name not in table.properties:
        raise bad_input(f"There was a problem with the request: property {name!r} does not exist.")
    if operator == "IN":
        values.append([str(value).lower() for value in one.get("values", [])])
        return f"list_contains(?, lower({table.column(name)}))"
    try:
        if operator == "BETWEEN":
            values += [milliseconds(str(one["value"])), milliseconds(str(one["highValue"]))]
            return f"{table.ordinal(name)} between ? and ?"
        sign = _SIGNS[str(operator)]
        if sign in {"=", "<>"} and name not in table.always:
            values.append(str(one["value"]))
            return f"{table.column(name)} {sign} ?"
        values.append(milliseconds(str(one["value"])))
    except (KeyError, ValueError):
        raise bad_input(f"There was a problem with the request: a filter of {name!r} cannot be read.") from None
    return f"{table.ordinal(name)} {sign} ?"


def _order(table: Table, sorts: list[Any]) -> str:
    """HubSpot sorts by one property; we settle ties by id."""
    if len(sorts) > 1:
        raise bad_input("Only one sort is allowed.")
    parts = [{"propertyName": one} if isinstance(one, str) else one for one in sorts]
    if any(one["propertyName"] not in table.properties for one in parts):
        raise bad_input("There was a problem with the request: a property to sort by does not exist.")
    wanted = [
        f"{table.ordinal(one['propertyName'])} {'desc' if one.get('direction') == 'DESCENDING' else 'asc'} nulls last"
        for one in parts
    ]
    return ", ".join([*wanted, "number"])


def _inputs(body: Mapping[str, Any]) -> list[str]:
    ids = [str(one["id"]) for one in body.get("inputs", [])]
    if not ids or len(ids) > BATCH_LIMIT:
        raise bad_input(f"A batch has between 1 and {BATCH_LIMIT} inputs.")
    return ids


def _whole_ids(ids: list[str]) -> list[int]:
    return [int(one) for one in ids if one.isdecimal()]


def _next(after: str) -> dict[str, Any]:
    return {"paging": {"next": {"after": after}}}


def _whole(text: object, least: int, most: int | None = None) -> int:
    if str(text).isdecimal() and least <= int(str(text)) <= (most or int(str(text))):
        return int(str(text))
    raise bad_input(f"Invalid input: {text!r} is not a whole number from {least}{f' to {most}' if most else ''}.")


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]
