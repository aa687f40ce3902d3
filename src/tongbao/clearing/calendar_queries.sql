-- name: calendar_days
-- A few dozen for each year that was recorded.
SELECT day, working FROM clearing.calendar_day;

-- name: calendar_years
SELECT year FROM clearing.calendar_year;

-- name: recorded_days
SELECT day, working, name, recorded_by, recorded_at FROM clearing.calendar_day
WHERE day >= %(first)s AND day <= %(last)s
ORDER BY day;

-- name: write_calendar_year
INSERT INTO clearing.calendar_year (year, recorded_by, recorded_at)
VALUES (%(year)s, %(by)s, %(at)s)
ON CONFLICT (year) DO UPDATE
SET recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at;

-- name: drop_calendar_days
-- A year that is recorded again takes the place of what was recorded with it before.
DELETE FROM clearing.calendar_day WHERE recorded_with = %(year)s;

-- name: write_calendar_days
INSERT INTO clearing.calendar_day (
  day, working, name, recorded_with, recorded_by, recorded_at
)
SELECT v.day, v.working, v.name, %(year)s, %(by)s, %(at)s
FROM unnest(
  %(days)s::date[], %(working)s::boolean[], %(names)s::text[]
) AS v (day, working, name)
ON CONFLICT (day) DO UPDATE
SET working = excluded.working, name = excluded.name, recorded_with = excluded.recorded_with,
  recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at;

-- name: through_window
-- From the newest on: closed before the date ended, or across its end before the next one had.
SELECT id FROM ledger.clearing_window
WHERE closed_at < %(ends)s OR (closed_at < %(next_ends)s AND opened_at < %(ends)s)
ORDER BY id DESC
LIMIT 1;
