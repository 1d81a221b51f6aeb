-- What each account received and where it stands, by posting date, up to a date.
-- Values for the question marks: tenant, entity, last business date (2026-11-30).
SELECT
    account,
    currency,
    SUM(debit_minor) AS debit_minor,
    SUM(credit_minor) AS credit_minor,
    SUM(debit_minor) - SUM(credit_minor) AS balance_minor
FROM journal_lines
WHERE tenant = ? AND entity = ? AND business_date <= ?
GROUP BY account, currency
ORDER BY account, currency
