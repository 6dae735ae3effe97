"""From a life to the books: what the shop's database and the CRM hold of it on its last morning."""

from datetime import timedelta

import pyarrow as pa

from wellkept.demo.arrays import Columns, Integers
from wellkept.demo.books import Books
from wellkept.demo.campaigns import list_campaigns
from wellkept.demo.contacts import first_orders, list_companies, list_contacts, open_directory
from wellkept.demo.customers import Accounts, list_customers, open_accounts
from wellkept.demo.deals import list_deals, make_deals
from wellkept.demo.engagements import list_engagements
from wellkept.demo.life import Life
from wellkept.demo.loyalty import list_loyalty_events
from wellkept.demo.messages import list_interactions, send_messages
from wellkept.demo.orders import list_order_lines, list_orders, ring_up
from wellkept.demo.payments import list_payments, list_refunds
from wellkept.demo.products import list_products
from wellkept.demo.sessions import list_sessions
from wellkept.demo.subscriptions import list_periods, list_subscriptions
from wellkept.demo.surveys import list_surveys
from wellkept.demo.tickets import list_tickets, open_tickets
from wellkept.demo.winback import assign_contacts


def keep_books(life: Life) -> Books:
    """Everything the company's systems hold."""
    accounts, (orders, lines) = open_accounts(life), ring_up(life)
    messages, unsubscribed = send_messages(life, accounts)
    return Books(
        today=life.charter.first_day + timedelta(days=life.days),
        shop=_shop(life, accounts, orders, lines, messages, unsubscribed),
        crm=_crm(life, accounts, orders, unsubscribed),
    )


def keep_shop(life: Life, currencies: bool) -> dict[str, pa.Table]:
    """The shop's tables alone, if wanted in one currency."""
    accounts, (orders, lines) = open_accounts(life), ring_up(life, currencies)
    return _shop(life, accounts, orders, lines, *send_messages(life, accounts))


def _shop(
    life: Life,
    accounts: Accounts,
    orders: Columns,
    lines: Columns,
    messages: Columns,
    unsubscribed: dict[str, Integers],
) -> dict[str, pa.Table]:
    return {
        "customers": list_customers(life, accounts, unsubscribed),
        "orders": list_orders(life, orders),
        "order_lines": list_order_lines(life, orders, lines),
        "products": list_products(life),
        "refunds": list_refunds(life, orders),
        "payments": list_payments(life, orders, list_periods(life)),
        "campaigns": list_campaigns(life),
        "interactions": list_interactions(life, messages),
        "sessions": list_sessions(life, orders),
        "loyalty_events": list_loyalty_events(life, orders),
    }


def _crm(life: Life, accounts: Accounts, orders: Columns, unsubscribed: dict[str, Integers]) -> dict[str, pa.Table]:
    directory, first_order = open_directory(life, accounts), first_orders(life, orders)
    people = directory.of_people()
    deals, tickets = make_deals(life, accounts, directory, first_order), open_tickets(life)
    contacts = assign_contacts(life, accounts, unsubscribed["email"])
    return {
        "contacts": list_contacts(life, accounts, directory, unsubscribed, first_order),
        "companies": list_companies(life),
        "deals": list_deals(life, accounts, directory, orders, deals),
        "tickets": list_tickets(life, tickets, people),
        **list_engagements(life, directory, contacts, tickets, deals),
        "feedback_submissions": list_surveys(life, tickets, people),
        "subscriptions": list_subscriptions(life, list_periods(life), people),
    }
