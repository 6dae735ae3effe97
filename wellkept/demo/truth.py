"""What the demo company's customers are really like: every distribution it is drawn from, by name.

Models may not read this; tests and readers may. Times are days, money is in cents, shares are probabilities.

- Joining: `customers` people join in the first three years, evenly; `never_orders` of them only look. The first order
  comes after an exponential wait with mean `first_order_wait`.
- Rhythm: a customer's mean gap is lognormal (`gap_median`, `gap_sigma`); each gap is gamma with `gap_shape` around it.
- Season: in November and December a customer's clock runs (1 + strength) times as fast; strength is gamma with mean
  `season_mean` and shape `season_shape`.
- Leaving: after each order a customer leaves with probability `churn_base` x own factor (gamma, mean 1, shape
  `churn_shape`) x `fading_churn` if fading, plus `churn_first` after the first order, `churn_refund` if the order was
  refunded and `churn_failed` if its payment failed, at most `churn_most`.
- Fading: after each order a customer starts to fade with probability `fading_starts`; gaps are then `fading_gap` times
  as long.
- Coming back: `returns` of those who leave come back after a lognormal silence (`return_median`, `return_sigma`);
  of the others `deletes` delete their account 3 to 60 days after the last order.
- Baskets: 1 + binomial(`most_lines` - 1, own share) lines, own share beta(`basket_a`, `basket_b`); quantity 1 + Poisson
  (`extra_quantity`); a line is of the favourite category with probability `taste`, else of any.
- Coupons: an order has one with the customer's own share, beta(`coupon_a`, `coupon_b`).
- Trouble: an order is refunded with `refund` probability, gamma(2) days with mean `refund_wait` later, whole with
  `refund_whole`; the first payment fails with the customer's own share, beta(`failed_a`, `failed_b`); a failed payment
  is mended with `failed_mended` within two days, else the order is cancelled; `cancelled` of the others are too.
- Corrections: the channel of `corrected` of the orders is put right, and `customer_changed` of the customers move,
  some time later.
"""

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2023, 11, 20)
LAST_DAY = date(2026, 11, 20)
SMALLEST = 200  # customers: with fewer there is nothing to learn from


@dataclass(frozen=True)
class Truth:
    """The parameters named above, with the values the demo uses."""

    joining_years: int = 3
    year_length: float = 1096 / 3  # three years from FIRST_DAY are 1,096 days
    never_orders: float = 0.06
    first_order_wait: float = 2.0
    gap_median: float = 34.0
    gap_sigma: float = 0.75
    gap_shape: float = 1.6
    season_mean: float = 0.6
    season_shape: float = 1.5
    churn_base: float = 0.05
    churn_shape: float = 2.0
    churn_first: float = 0.12
    churn_refund: float = 0.25
    churn_failed: float = 0.20
    churn_most: float = 0.90
    fading_starts: float = 0.04
    fading_gap: float = 1.6
    fading_churn: float = 3.0
    returns: float = 0.15
    return_median: float = 240.0
    return_sigma: float = 0.5
    deletes: float = 0.03
    most_lines: int = 8
    basket_a: float = 1.5
    basket_b: float = 6.0
    extra_quantity: float = 0.3
    taste: float = 0.6
    coupon_a: float = 1.2
    coupon_b: float = 4.8
    refund: float = 0.05
    refund_wait: float = 12.0
    refund_whole: float = 0.6
    failed_a: float = 0.8
    failed_b: float = 15.2
    failed_mended: float = 0.85
    cancelled: float = 0.02
    corrected: float = 0.01
    customer_changed: float = 0.08
