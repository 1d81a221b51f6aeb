-- A payout of a provider line by line: the order behind each, and what the bank credited for the whole.
-- Values for the question marks: tenant, entity, payout id; then three times tenant, entity.
WITH paid AS (
    SELECT settlement_id, provider, payout_id
    FROM payouts
    WHERE tenant = ? AND entity = ? AND payout_id = ?
),
named AS (
    SELECT order_id, MAX(external_id) AS external_id
    FROM orders
    WHERE tenant = ? AND entity = ?
    GROUP BY order_id
),
items AS (
    SELECT settlement_id, number, kind, reference, match, order_id, currency, amount_minor, fee_minor, net_minor
    FROM payout_items
    WHERE tenant = ? AND entity = ?
),
banked AS (
    SELECT matched_id AS settlement_id, SUM(amount_minor) AS credited_minor
    FROM bank_matches
    WHERE tenant = ? AND entity = ? AND matched = 'payout'
    GROUP BY matched_id
)
SELECT
    paid.provider,
    paid.payout_id,
    items.number,
    items.kind,
    items.reference,
    items.match,
    items.order_id,
    named.external_id,
    items.currency,
    items.amount_minor,
    items.fee_minor,
    items.net_minor,
    banked.credited_minor AS payout_credited_minor
FROM paid
JOIN items ON items.settlement_id = paid.settlement_id
LEFT JOIN named ON named.order_id = items.order_id
LEFT JOIN banked ON banked.settlement_id = paid.settlement_id
ORDER BY paid.provider, items.number
