"""What a feature is about, so that reasons do not repeat themselves."""

# What says the same thing twice is told once: the strongest of each theme speaks.
_THEMES = {
    "silence": (
        "days_since_last_order",
        "silence_",
        "gap_",
        "own_gap",
        "mean_gap",
        "last_gap",
        "longest_gap",
        "lifetime_order_days",  # raises risk by the silence that follows
    ),
    "trend": ("orders_trend",),
    "frequency": ("orders_count", "order_days", "order_months"),
    "amount": ("amount_",),
    "tenure": ("tenure",),
    "refunds": ("refund",),
    "cancellations": ("cancelled",),
    "discounts": ("discount",),
    "basket": ("distinct_products", "lines_per", "quantity_per", "mean_unit_price", "repeated_products"),
    "season": ("season",),
    "subscription": (
        "subscription",
        "is_subscriber",
        "has_cancelled_subscription",
        "days_since_subscription",
        "days_to_period_end",
    ),
    "payments": ("failed_payment", "unrecovered_failed", "is_last_payment", "days_since_last_failed"),
    "tickets": (
        "tickets_",
        "open_ticket",
        "overdue_ticket",
        "longest_open",
        "mean_first_response",
        "mean_resolution",
        "days_since_last_ticket",
    ),
    "feedback": (
        "last_nps",
        "nps_",
        "is_nps",
        "last_csat",
        "mean_csat",
        "last_ces",
        "last_ticket_csat",
        "mean_ticket_csat",
        "bad_",
        "mean_sentiment",
        "negative_",
        "positive_",
        "survey_answers",
        "days_since_last_nps",
    ),
    "visits": ("sessions_", "days_since_last_session", "pages_per", "cart_sessions", "carts_"),
    "responses": (
        "opens_",
        "clicks_",
        "open_share",
        "responses_",
        "replies_",
        "days_since_last_response",
        "days_since_last_reply",
        "engagement_",
        "bounces_",
        "unsubscribes_",
    ),
    "loyalty": ("points_", "loyalty_", "redeemed_points", "days_since_last_loyalty", "days_since_last_redemption"),
    "frictions": ("frictions_", "journey_frictions", "days_since_last_friction"),
    "touches": (
        "active_touches",
        "passive_touches",
        "touchpoints_",
        "channels_",
        "days_since_last_active",
        "days_since_last_touchpoint",
        "journey_touchpoints",
        "journey_channels",
        "messages_",
    ),
}


def theme_of(name: str) -> str:
    """What the feature is about."""
    for theme, beginnings in _THEMES.items():
        if name.startswith(beginnings):
            return theme
    return name
