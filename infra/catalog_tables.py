"""The columns of each exported dataset as the data catalogue names them; a test compares them with the files.

Without a type a column is text. `entity` and `business_date` are what the files are divided by.
"""

from __future__ import annotations

_JOURNAL = """
entry_id line_no:bigint posted_seq:bigint account debit_minor:bigint credit_minor:bigint currency
exponent:bigint original_business_date:date occurred_at:timestamp posted_at:timestamp store channel order_id
payment_id drawer_session psp tender jurisdiction rule rule_version:bigint source_event reversal_of
"""

_SPELT = {
    "journal_lines": _JOURNAL,
    "memo_lines": _JOURNAL,
    "trial_balance": """
        basis account account_name currency exponent:bigint opening_minor:bigint debit_minor:bigint credit_minor:bigint
        closing_minor:bigint
    """,
    "orders": """
        order_id external_id legal_entity store channel status placed_at:timestamp currency exponent:bigint
        goods_minor:bigint discount_minor:bigint charges_minor:bigint tax_minor:bigint total_minor:bigint
        captured_minor:bigint delivered_minor:bigint delivered_goods_minor:bigint delivered_discount_minor:bigint
        delivered_shipping_minor:bigint delivered_tax_minor:bigint returned_goods_minor:bigint written_off_minor:bigint
        version:bigint
    """,
    "taxes": """
        order_id legal_entity store channel jurisdiction currency exponent:bigint charged_minor:bigint
        given_back_minor:bigint payable_minor:bigint
    """,
    "payments": """
        payment_id order_id rank:bigint tender provider psp_reference state currency exponent:bigint amount_minor:bigint
        authorized_minor:bigint captured_minor:bigint released_minor:bigint
    """,
    "drawer_sessions": """
        session_id legal_entity store drawer device cashier state opened_at:timestamp currency exponent:bigint
        opening_float_minor:bigint cash_sale_minor:bigint cash_refund_minor:bigint drop_minor:bigint
        paid_in_minor:bigint paid_out_minor:bigint movements:bigint expected_minor:bigint counted_minor:bigint
        variance_minor:bigint missing:bigint statement:bigint
    """,
    "drawer_events": """
        movement_id session_id store device sequence:bigint kind currency exponent:bigint amount_minor:bigint
        tax_minor:bigint reason reference cashier occurred_at:timestamp late:boolean
    """,
    "refunds": """
        refund_id order_id cause cause_id owed_at:timestamp part:bigint tender provider currency exponent:bigint
        amount_minor:bigint state movement_id card_id
    """,
    "appeasements": """
        appeasement_id order_id number:bigint on reason paid_to currency exponent:bigint goods_minor:bigint
        shipping_minor:bigint net_minor:bigint tax_minor:bigint total_minor:bigint state requested_by
        requested_at:timestamp decided_by decided_at:timestamp
    """,
    "gift_cards": """
        card_id kind legal_entity store channel reason issued_at:timestamp expires_on:date currency exponent:bigint
        amount_minor:bigint available_minor:bigint held_minor:bigint balance_minor:bigint version:bigint
    """,
    "payouts": """
        settlement_id provider payout_id legal_entity end_to_end_id recorded_at:timestamp currency exponent:bigint
        charges_minor:bigint refunds_minor:bigint disputes_minor:bigint fees_minor:bigint adjustments_minor:bigint
        net_minor:bigint items:bigint paid_currency paid_exponent:bigint paid_amount_minor:bigint
    """,
    "payout_items": """
        settlement_id provider payout_id number:bigint kind reference match order_id payment_id currency exponent:bigint
        amount_minor:bigint fee_minor:bigint net_minor:bigint
    """,
    "deposits": """
        bag_id legal_entity store prepared_on:date prepared_by currency exponent:bigint amount_minor:bigint
    """,
    "bank_matches": """
        bank_line_id legal_entity account line_id booked_on:date end_to_end_id matched matched_id suspense_id currency
        exponent:bigint amount_minor:bigint in_transit_minor:bigint difference_minor:bigint
    """,
    "close_exceptions": """
        check kind store order_id drawer_session account currency exponent:bigint expected_minor:bigint
        found_minor:bigint since:date age_days:bigint detail remedy
    """,
}


def _columns(spelt: str) -> dict[str, str]:
    named = (word.partition(":") for word in spelt.split())
    return {name: kind or "string" for name, _, kind in named}


# Table -> column -> type.
CATALOG_TABLES: dict[str, dict[str, str]] = {table: _columns(spelt) for table, spelt in _SPELT.items()}
