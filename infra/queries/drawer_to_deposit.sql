-- The cash of each store on a business date: what its drawers held, what went into bags, and what the bank credited.
-- Values for the question marks: tenant, entity, business date; the same three again; then tenant, entity.
WITH drawers AS (
    SELECT
        store,
        currency,
        COUNT(*) AS sessions,
        SUM(drop_minor) AS dropped_minor,
        SUM(counted_minor) AS counted_minor,
        SUM(variance_minor) AS variance_minor
    FROM drawer_sessions
    WHERE tenant = ? AND entity = ? AND business_date = ?
    GROUP BY store, currency
),
bags AS (
    SELECT bag_id, store, currency, amount_minor
    FROM deposits
    WHERE tenant = ? AND entity = ? AND business_date = ?
),
banked AS (
    SELECT matched_id AS bag_id, SUM(amount_minor) AS credited_minor, SUM(difference_minor) AS difference_minor
    FROM bank_matches
    WHERE tenant = ? AND entity = ? AND matched = 'deposit'
    GROUP BY matched_id
)
SELECT
    COALESCE(drawers.store, bags.store) AS store,
    COALESCE(drawers.currency, bags.currency) AS currency,
    drawers.sessions,
    drawers.dropped_minor,
    drawers.counted_minor,
    drawers.variance_minor,
    bags.bag_id,
    bags.amount_minor AS deposited_minor,
    banked.credited_minor,
    banked.difference_minor
FROM drawers
FULL OUTER JOIN bags ON bags.store = drawers.store AND bags.currency = drawers.currency
LEFT JOIN banked ON banked.bag_id = bags.bag_id
ORDER BY 1, 2, bags.bag_id
