"""What wellkept.toml may say of a HubSpot source, and what a connection may be."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from wellkept.deployment.errors import BadInputError
from wellkept.landing.contract import ENTITIES
from wellkept.sources.hubspot import HubspotSource
from wellkept.sources.hubspot.access import find_access
from wellkept.sources.hubspot.mapping import Value
from wellkept.sources.hubspot.pace import Pace

_URL = "https://api.hubapi.com"


def _source(**given: Any) -> HubspotSource:
    return HubspotSource(type="hubspot", **given)


def test_without_settings_every_default_object_is_read() -> None:
    source = _source()
    assert len(source.read_objects) == 8
    assert source.overlap == timedelta(hours=6)


def test_every_default_mapping_fills_what_its_entity_requires() -> None:
    for mapping in _source().objects.values():
        assert {*ENTITIES[mapping.entity].required} <= {*mapping.columns}


def test_a_default_is_overridden_in_part() -> None:
    source = _source(
        objects={
            "tickets": {"properties": {"category": "my_category", "priority": ""}},
            "meetings": {"read": False},
        }
    )
    tickets = source.objects["tickets"]
    assert tickets.entity == "tickets"
    assert tickets.columns["category"] == ("my_category",)
    assert "priority" not in tickets.columns
    assert tickets.columns["opened_at"] == ("createdate",)
    assert "meetings" not in source.read_objects


def test_values_are_written_as_tables() -> None:
    given = {"property": "stage", "values": {"won": "yes"}, "when": "is_real"}
    source = _source(objects={"deals": {"properties": {"source": [given, "hs_analytics_source"]}}})
    assert source.objects["deals"].columns["source"] == (Value(**given), "hs_analytics_source")
    assert {"stage", "is_real", "hs_analytics_source"} <= {*source.objects["deals"].names()}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": "red"}, "Extra inputs"),
        ({"overlap": "six hours"}, "is not a duration"),
        ({"base_url": "https://:secret@api.hubapi.com"}, "without a token"),
        ({"base_url": "ftp://api.hubapi.com"}, "it must be like"),
        ({"objects": {"visits": {"entity": "visits", "properties": {}}}}, "is not an entity"),
        ({"objects": {"tickets": {"properties": {"colour": "hs_colour"}}}}, "tickets does not have colour"),
        ({"objects": {"tickets": {"properties": {"category": "$owner"}}}}, "'$owner' is not known"),
        ({"objects": {"tickets": {"properties": {"category": {}}}}}, "give either property or constant"),
        ({"objects": {"tickets": {"reed": False}}}, "Extra inputs"),
        ({"objects": ["tickets"]}, "valid dictionary"),
        ({"objects": {"contacts": {"properties": {"customer_id": "shop_id"}}}}, "customer_id is always $key"),
        ({"objects": {"contacts": {"properties": {"customer_id": ["shop_id", "$key"]}}}}, "also_known_as"),
        ({"objects": {"contacts": {"properties": {"customer_id": ""}}}}, "customer_id is always $key"),
    ],
)
def test_a_mistake_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _source(**given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "url", "token"),
    [
        ("pat-eu1-abc", _URL, "pat-eu1-abc"),
        ("  pat-eu1-abc\n", _URL, "pat-eu1-abc"),
        ("http://:pat@127.0.0.1:8123", "http://127.0.0.1:8123", "pat"),
        ("hubspot://:p%2Fat@", _URL, "p/at"),
        ("generic://user:pat@/?__extra__=%7B%7D", _URL, "pat"),
        ("http://:pat@api.example.com", "https://api.example.com", "pat"),
        ("https://:pat@crm.example.com:8443/https", "https://crm.example.com:8443", "pat"),
    ],
)
def test_a_connection_is_a_token_or_a_uri(secret: str, url: str, token: str) -> None:
    access = find_access(secret, _URL, "crm")
    assert (access.base_url, access.token) == (url, token)
    assert token not in repr(access)


@pytest.mark.parametrize("secret", ["", "http://127.0.0.1:8123", "two words", "pät", "http://:pat@host:port"])
def test_a_connection_without_a_usable_token_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(BadInputError, match="'crm' holds no usable token") as caught:
        find_access(secret, _URL, "crm")
    assert not secret or secret not in str(caught.value)


def test_a_pace_waits_for_the_turn_that_is_too_many() -> None:
    waits: list[float] = []
    pace = Pace(3, 10, waits.append)
    for _ in range(3):
        pace.take_turn()
    assert waits == []
    pace.take_turn()
    assert len(waits) == 1
    assert 9 < waits[0] <= 10
