-- name: cohorts
-- What became of the points given in each month, and how old they are now.
SELECT v.month, v.cohort, (v.cohort + '1 month - 1 day'::interval)::date AS last, v.given,
  v.redeemed, v.lost, v.given - v.redeemed - v.lost AS outstanding,
  CASE WHEN v.given > 0 THEN v.redeemed * 1000000 / v.given ELSE 0 END AS share,
  (
    (extract(YEAR FROM %(last)s::date) - extract(YEAR FROM v.cohort)) * 12
    + extract(MONTH FROM %(last)s::date) - extract(MONTH FROM v.cohort)
  )::int AS age
FROM (
  SELECT c.cohort, to_char(c.cohort, 'YYYY-MM') AS month, sum(c.given)::bigint AS given,
    sum(c.redeemed)::bigint AS redeemed, sum(c.lost)::bigint AS lost
  FROM figures.cohort AS c
  WHERE c.issuer_id = %(organisation)s
  GROUP BY c.cohort
) AS v;
