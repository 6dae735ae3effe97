"""What the demo company's customers are really like: every distribution it is drawn from, by name.

Models may not read this; tests and readers may. Times are days, money is in cents, shares are probabilities.

- Joining: `customers` people join in the first `joining_years` (of `year_length` days), evenly; `never_orders` of them
  only look. The first order comes after a day and an exponential wait with mean `first_order_wait`.
- Rhythm: a customer's mean gap is lognormal (`gap_median`, `gap_sigma`); each gap is Weibull with `gap_shape` around it,
  counted on the customer's own clock. The clock runs (1 + season strength) times as fast in November and December
  (strength gamma, `season_mean`, `season_shape`), faster by `sale_pull` x price sensitivity in sale weeks
  (sensitivity beta, `price_a`, `price_b`), 1 / `fading_gap` as fast while fading, and by `weekday_pace`.
- Fading: a customer starts to fade with `fading_starts` a day and is cured by an order with `fading_cured`.
- Leaving: every day a customer leaves with a hazard that is the sum of six parts, by cause:
  base      `base_rate` x own factor (gamma, mean 1, shape `own_shape`, times `own_by_response`, kept at mean 1),
            times `newcomer` until the second order;
  tickets   `ticket_rate` at a ticket answered after more than `slow_hours`, halving every `half_life` days;
  payments  `payment_rate` at a failed payment, of an order or a renewal, halving likewise;
  delivery  `delivery_rate` at a bad delivery, halving likewise;
  silence   `silence_rate` for each own gap of silence past `silence_after`, at most `silence_most` of them;
  hidden    `hidden_rate` while a rival courts the customer: from a day with `hidden_starts`, for `hidden_days` on
            average. Nothing of it is in any table.
  A customer has no hazard before the first order.
- Treatment: an active retention contact multiplies the hazard for `treatment_days` by `treated`, which differs by
  response (RESPONSES, with shares `responses`). The company contacts, in its win-back months, customers silent for
  `contact_from` to `contact_to` days with `contact_rate` a day, and nobody twice within `contact_pause` days. The draw
  is random, so effects can be learnt. It does nothing to who has left, even if that customer returns.
- Coming back: who left returns with `return_rate` a day, the first order an exponential `return_wait` later, except
  `deletes` of the leavers, who delete their account 3 to 60 days later and never return.
- Trouble: an order's payment fails with the customer's own share, beta(`failed_a`, `failed_b`), and is mended with
  `failed_mended` within two days, else the order is cancelled; `cancelled` of the others are too. A parcel arrives
  `parcel_days` after its order, badly with `bad_delivery`; a ticket is opened with `ticket` (`ticket_if_bad`); it is
  answered after a lognormal time (`answer_median` hours, `answer_sigma`).
- Subscriptions: `subscribers` of the people take one at an order with `subscribes`; periods have `period_days`;
  a period is the last with `period_last`, or because its owner left; a renewal's payment fails and is mended as an
  order's is.
- Visits: a customer looks at the shop on a day with the own chance, gamma (`browse_mean`, `browse_shape`), times the
  clock's pace to the power `browse_fading`, times exp(-`browse_silence` x own gaps of silence past `silence_after`);
  who has left does not look.
- Moods: how pleased someone is when nothing went wrong is beta(`mood_a`, `mood_b`); scores of surveys and tickets follow
  it, less for trouble. An e-mail is opened with the own chance, beta(`open_a`, `open_b`).
- Baskets: 1 + binomial(`most_lines` - 1, own share) lines, own share beta(`basket_a`, `basket_b`); quantity 1 + Poisson
  (`extra_quantity`); a line is of the favourite category with probability `taste`, else by the season's weights.
- Coupons: an order has one with the customer's price sensitivity, a first order with one half.
- Refunds: `refund_if_bad` of badly delivered orders and `refund` of the others, gamma(2) days with mean `refund_wait`
  after the parcel, whole with `refund_whole`.
- Records: the channel of `corrected` of the orders is put right 1 to 30 days later; `moves` of the customers move, an
  exponential `moves_after` later;
  `late` of the orders taken in the store reach the database 1 to 3 days later; one payment and one interaction in
  `duplicates_every` stands there twice.
"""

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2023, 11, 20)
LAST_DAY = date(2026, 11, 20)
SMALLEST = 200  # customers: with fewer there is nothing to learn from

RESPONSES = ("persuadable", "sure_thing", "lost_cause", "do_not_disturb")
CAUSES = ("base", "tickets", "payments", "delivery", "silence", "hidden")


@dataclass(frozen=True)
class Truth:
    """The parameters named above, with the values the demo uses."""

    joining_years: int = 3
    year_length: float = 1096 / 3  # three years from FIRST_DAY are 1,096 days
    never_orders: float = 0.06
    first_order_wait: float = 2.0
    gap_median: float = 40.0
    gap_sigma: float = 0.9
    gap_shape: float = 1.1
    season_mean: float = 0.6
    season_shape: float = 1.5
    price_a: float = 1.2
    price_b: float = 4.8
    sale_pull: float = 0.8
    weekday_pace: tuple[float, ...] = (0.9, 0.9, 0.9, 1.0, 1.1, 1.15, 1.05)  # from Monday on

    fading_starts: float = 0.0025
    fading_gap: float = 1.6
    fading_cured: float = 0.10
    base_rate: float = 0.0012
    own_shape: float = 2.0
    own_by_response: tuple[float, ...] = (1.5, 0.35, 1.5, 1.0)
    newcomer: float = 3.0
    half_life: float = 14.0
    ticket_rate: float = 0.022
    slow_hours: float = 48.0
    payment_rate: float = 0.010
    delivery_rate: float = 0.014
    silence_after: float = 2.0
    silence_most: float = 4.0
    silence_rate: float = 0.005
    hidden_starts: float = 0.0006
    hidden_days: float = 60.0
    hidden_rate: float = 0.006

    responses: tuple[float, ...] = (0.35, 0.30, 0.20, 0.15)
    treated: tuple[float, ...] = (0.15, 1.0, 1.0, 3.5)
    treatment_days: int = 60
    contact_from: int = 40
    contact_to: int = 220
    contact_rate: float = 0.02
    contact_pause: int = 90
    return_rate: float = 0.0012
    return_wait: float = 3.0
    deletes: float = 0.03

    failed_a: float = 0.8
    failed_b: float = 15.2
    failed_mended: float = 0.85
    cancelled: float = 0.02
    parcel_days: tuple[int, ...] = (2, 3, 4)
    bad_delivery: float = 0.05
    ticket: float = 0.045
    ticket_if_bad: float = 0.40
    answer_median: float = 16.0
    answer_sigma: float = 1.2
    subscribers: float = 0.09
    subscribes: float = 0.5
    period_last: float = 0.10
    period_days: tuple[int, ...] = (91, 365)

    browse_mean: float = 0.25
    browse_shape: float = 8.0
    browse_fading: float = 1.5
    browse_silence: float = 0.3
    mood_a: float = 6.0
    mood_b: float = 2.0
    open_a: float = 1.5
    open_b: float = 3.5

    most_lines: int = 8
    basket_a: float = 1.5
    basket_b: float = 6.0
    extra_quantity: float = 0.3
    taste: float = 0.6
    refund_if_bad: float = 0.5
    refund: float = 0.025
    refund_wait: float = 12.0
    refund_whole: float = 0.6
    corrected: float = 0.01
    moves: float = 0.08
    moves_after: float = 200.0
    late: float = 0.15
    duplicates_every: int = 2_000
