"""Numbers in words, as sentences about features have them."""

import pytest

from ml.scoring.wording import FILTERS, Template
from wellkept.deployment.errors import WellkeptError


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("{value|counted('order')}", 0.0, "no orders"),
        ("{value|counted('order')}", 1.0, "1 order"),
        ("{value|counted('order')}", 1.4, "1.4 orders"),
        ("{value|counted('order')}", 1200.0, "1,200 orders"),
        ("{value|counted('reply', 'replies')}", 2.0, "2 replies"),
        ("{value|number}", 2.96, "3"),
        ("{value|number}", 12.6, "13"),
        ("{value|number}", -0.01, "0"),
        ("{value|days}", 0.0, "0 days"),
        ("{value|days}", 1.0, "1 day"),
        ("{value|every}", 1.0, "every day"),
        ("{value|every}", 21.5, "every 22 days"),
        ("{value|hours}", 0.5, "0.5 hours"),
        ("{value|hours}", 1.0, "1 hour"),
        ("{value|hours}", 60.0, "2.5 days"),
        ("{value|times}", 1.0, "once"),
        ("{value|times}", 2.0, "twice"),
        ("{value|times}", 3.1, "3.1 times"),
        ("{value|money}", 17.26, "17"),
        ("{value|money}", 2.95, "2.95"),
        ("{value|money}", 5.0, "5"),
        ("{value|money}", 1234.5, "1,234"),
        ("{value|percent}", 0.254, "25%"),
        ("{value|share}", 0.0, "none"),
        ("{value|share}", 0.001, "under 1%"),
        ("{value|share}", 0.25, "25%"),
        ("{value|share}", 0.999, "over 99%"),
        ("{value|share}", 1.0, "all"),
        ("the last payment [if value]failed[else]went through[endif]", 0.0, "the last payment went through"),
    ],
)
def test_numbers_are_said_as_people_say_them(text: str, value: float, said: str) -> None:
    assert Template(text).render({"value": value}) == said


def test_every_filter_has_its_case_above() -> None:
    [cases] = test_numbers_are_said_as_people_say_them.pytestmark
    used = "".join(text for text, _, _ in cases.args[1])
    assert [name for name in FILTERS if f"|{name}" not in used] == []


def test_a_template_knows_which_numbers_it_needs() -> None:
    template = Template("{only}{value|days}[if raises and days_since_last_order > 3] and {own_gap_days|days}[endif]")
    assert template.named == {"value", "days_since_last_order", "own_gap_days"}


def test_what_jinja_offers_besides_is_not_there() -> None:
    assert Template("{range(3)}").named == {"range"}
    with pytest.raises(WellkeptError, match="No filter named 'dayz'"):
        Template("{value|dayz}")
