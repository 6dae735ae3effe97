"""KPIs of the demo company against its own life, and against what its truth says must come out.

Counts of customers and orders are compared exactly, for months whose orders have all been written. What is drawn at
random is compared with its expectation, within three standard errors of that draw: the truth gives the chances, the
number of draws follows from the company's size, so a larger company is judged more strictly.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

import numpy as np
import pandas as pd
import plain_kpis
import pytest
from deployments import Deployment

from wellkept.demo.company import found
from wellkept.demo.contacts import LEADS, STRANGERS
from wellkept.demo.life import Life, live
from wellkept.demo.notes import require_company
from wellkept.demo.step import ENDED, RENEWED, STARTED
from wellkept.demo.surveys import TROUBLE_WEIGHT
from wellkept.deployment.paths import Home

ERRORS = 3
RESTART_DAYS = 30
DECIDED_DAYS = 90
"""After this many days every lead that wins has won: the last is given up after 75."""


@dataclass(frozen=True)
class Company:
    """A home with its published edition, and the life that its systems were filled from."""

    home: Deployment
    life: Life
    orders: pd.DataFrame
    """Completed orders as they happened: customer_id is the person's number."""

    @property
    def today(self) -> date:
        return self.life.charter.first_day + timedelta(days=self.life.days)

    def months(self, metric: str) -> list[tuple[date, date, int, int]]:
        """First day, first day after, numerator and denominator of each month in which all orders are written."""
        rows = self.home.query(
            "select period_start_date, period_end_date, numerator::int, denominator::int from retention_kpis "
            f"where metric = '{metric}' and dimension = 'all' and period = 'month' "
            "and period_end_date <= as_of_date - 3 order by 1"
        )
        return [(start, end, over, under) for start, end, over, under in rows]

    def pooled(self, metric: str, until: date | None = None) -> tuple[int, int]:
        """Numerator and denominator over all months that are over by then."""
        months = [month for month in self.months(metric) if until is None or month[1] <= until]
        return sum(month[2] for month in months), sum(month[3] for month in months)


@pytest.fixture(
    scope="module", params=[pytest.param(None, id="small"), pytest.param(1500, id="large", marks=pytest.mark.soak)]
)
def company(request: pytest.FixtureRequest, founded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Company:
    home = founded
    if request.param:
        home = Deployment(tmp_path_factory.mktemp("company") / "home")
        home.call("demo", "--customers", str(request.param))
    known = require_company(Home(home.home))
    life = live(known.charter, (known.today - known.charter.first_day).days)
    return Company(home, life, completed(life))


def completed(life: Life) -> pd.DataFrame:
    taken = life.happened["orders"]
    kept = ~taken["is_cancelled"]
    first = pd.Timestamp(life.charter.first_day)
    return pd.DataFrame({"customer_id": taken["who"][kept], "day": first + pd.to_timedelta(taken["day"][kept], "D")})


def test_repeat_purchase_rate_is_that_of_the_life(company: Company) -> None:
    months = company.months("repeat_purchase_rate")
    assert len(months) >= 35
    for _, end, *counts in months:
        since = end - timedelta(days=plain_kpis.ELIGIBLE)
        assert tuple(counts) == plain_kpis.share_with_two_orders(company.orders, since, end), end


def test_second_orders_by_cohort_are_those_of_the_life(company: Company) -> None:
    told = {start: tuple(counts) for start, _, *counts in company.months("second_order_rate_90d")}
    assert told == plain_kpis.second_orders(company.orders, company.today)


@pytest.mark.parametrize("metric", ["churn_rate_start_base", "churn_rate_stripe", "retention_rate"])
def test_churn_and_retention_rates_are_those_of_the_life(company: Company, metric: str) -> None:
    months = company.months(metric)
    assert len(months) >= 35
    for start, end, *counts in months:
        assert tuple(counts) == plain_kpis.churn(company.orders, start, end)[metric], start
    assert sum(month[2] for month in months) > 10


def test_nps_is_that_of_each_customers_latest_answer(company: Company) -> None:
    """From what was filled in, as the company's CRM holds it: a contact is one person."""
    answers = found(company.life.charter, company.today).crm["feedback_submissions"].to_pandas()
    answers = answers[answers.hs_survey_type == "NPS"].sort_values("hs_submission_timestamp")
    answers["month"] = pd.to_datetime(answers.hs_submission_timestamp).dt.tz_localize(None).dt.to_period("M")
    latest = answers.groupby(["month", "contact_id"]).hs_value.last().astype(int)
    points = (latest >= 9).astype(int) * 100 - (latest <= 6).astype(int) * 100
    rolled = points.groupby("month").agg(["sum", "count"])
    told = {start: tuple(counts) for start, _, *counts in company.months("nps")}
    expected = {month.start_time.date(): (int(row["sum"]), int(row["count"])) for month, row in rolled.iterrows()}
    assert len(told) > 10
    assert told == {start: counts for start, counts in expected.items() if start <= max(told)}


def test_csat_counts_each_rating_once(company: Company) -> None:
    """The CRM holds a ticket's rating twice: with the ticket, and a day later as a submission."""
    answers = found(company.life.charter, company.today).crm["feedback_submissions"].to_pandas()
    answers = answers[answers.hs_survey_type == "CSAT"].sort_values("hs_submission_timestamp")
    answers["day"] = pd.to_datetime(answers.hs_submission_timestamp).dt.tz_localize(None).dt.floor("D")
    latest = answers.groupby(["day", "contact_id"]).hs_value.last().astype(int).reset_index()
    rolled = (latest.hs_value >= 4).groupby(latest.day.dt.to_period("M")).agg(["sum", "count"])
    told = {start: tuple(counts) for start, _, *counts in company.months("csat")}
    expected = {month.start_time.date(): (int(row["sum"]), int(row["count"])) for month, row in rolled.iterrows()}
    assert len(told) > 10
    assert told == {start: counts for start, counts in expected.items() if start <= max(told)}


def test_nps_is_what_the_moods_say(company: Company) -> None:
    """Each parcel is answered with the same chance, so answers are a random sample of all who got one.

    A score of 9 or more is felt from 9/11 on, one of 6 or less below 7/11; what is felt is the mood less trouble, give or
    take a fifth. The error is that of a mean of as many answers as there are.
    """
    arrivals, people = company.life.happened["arrivals"], company.life.people
    pleased = people.mood[arrivals["who"]] - TROUBLE_WEIGHT * arrivals["trouble"]
    promoter = np.clip(0.5 - (9 / 11 - pleased) / 0.4, 0, 1)
    detractor = np.clip(0.5 + (7 / 11 - pleased) / 0.4, 0, 1)
    expected = (promoter - detractor).mean()
    spread = sqrt((promoter + detractor).mean() - expected**2)
    points, answers = company.pooled("nps")
    assert answers > 30
    assert points / 100 / answers == pytest.approx(expected, abs=ERRORS * spread / sqrt(answers))


def test_leads_are_won_as_often_as_the_truth_says(company: Company) -> None:
    """Half of those who join were leads and all of them that ever order are won; a quarter as many strangers never are.

    The error is that of a ratio of two counts over those who joined: each adds 1 or 0 to the won and to the leads.
    """
    orders = 1 - company.life.truth.never_orders
    share = LEADS * orders / (LEADS + STRANGERS)
    won, lead_only = LEADS * orders, LEADS * (1 - orders)
    mean = won * (1 - share) - lead_only * share
    variance = won * (1 - share) ** 2 + lead_only * share**2 - mean**2
    error = sqrt(variance / company.life.joined) / (LEADS + STRANGERS)
    won_leads, leads = company.pooled("lead_conversion_rate", company.today - timedelta(days=DECIDED_DAYS))
    assert leads == pytest.approx(company.life.joined * (LEADS + STRANGERS), rel=0.15)
    assert won_leads / leads == pytest.approx(share, abs=ERRORS * error)


def test_renewals_are_those_of_the_life(company: Company) -> None:
    told = {start: tuple(counts) for start, _, *counts in company.months("renewal_rate")}
    terms = terms_due(company)
    assert len(terms) > 30
    month = terms.due.dt.to_period("M")
    rolled = terms.assign(month=month).groupby("month").renewed.agg(["sum", "count"])
    assert told == {one.start_time.date(): (int(row["sum"]), int(row["count"])) for one, row in rolled.iterrows()}


def test_terms_are_renewed_as_often_as_the_truth_says(company: Company) -> None:
    """A term is renewed unless it is its last, its owner left during it, or its payment failed and was never mended.

    Who starts anew within the grace counts as renewed, and is known from the life. The error is binomial, term by term.
    """
    terms, truth = terms_due(company), company.life.truth
    failed = company.life.people.traits.failed_share[terms.who]
    chance = np.where(terms.is_left, 0, (1 - truth.period_last) * (1 - failed * (1 - truth.failed_mended)))
    renewed, due = company.pooled("renewal_rate")
    assert due == len(terms)
    restarted = int((terms.renewed & ~terms.followed).sum())
    assert renewed - restarted == pytest.approx(chance.sum(), abs=ERRORS * sqrt((chance * (1 - chance)).sum()))


def terms_due(company: Company) -> pd.DataFrame:
    """Every term of a month whose graces are all over: who, due, whether the next followed, any began in time, its owner left."""
    life = company.life
    events, left = (pd.DataFrame(life.happened[kind]) for kind in ("subscriptions", "departures"))
    begins = events[events.kind != ENDED].copy()
    begins["due"] = begins.day + life.people.traits.period[begins.who]
    begins["due_date"] = pd.Timestamp(life.charter.first_day) + pd.to_timedelta(begins.due, "D")
    months_end = (begins.due_date.dt.to_period("M") + 1).dt.start_time
    begins = begins[months_end + timedelta(days=RESTART_DAYS) <= pd.Timestamp(company.today)]
    rows = []
    for term in begins.itertuples():
        own = events[(events.who == term.who) & (events.day >= term.due)]
        followed = bool(((own.kind == RENEWED) & (own.day == term.due)).any())
        restarted = bool(((own.kind == STARTED) & (own.day <= term.due + RESTART_DAYS)).any())
        gone = left.day[(left.who == term.who) & (left.day >= term.day) & (left.day < term.due)]
        rows.append((term.who, term.due_date, followed, followed or restarted, len(gone) > 0))
    return pd.DataFrame(rows, columns=["who", "due", "followed", "renewed", "is_left"])
