-- name: announce
INSERT INTO events.event (owner_id, type, at, effective_at, data)
SELECT v.owner_id, v.type, %(at)s::timestamptz,
  timestamptz 'epoch' + v.effective * interval '1 microsecond', v.data
FROM unnest(
  %(owners)s::bigint[], %(types)s::text[], %(effective)s::bigint[],
  string_to_array(%(data)s, E'\x1e')::json[]
) AS v (owner_id, type, effective, data);

-- name: after
-- Below the oldest running transaction: its events will come with a smaller xid than anything new.
SELECT xid::text::bigint, id, owner_id, type, at, effective_at, data::text
FROM events.event
WHERE
  (xid, id) > (%(xid)s::text::xid8, %(id)s)
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, id
LIMIT %(limit)s;

-- name: tip
SELECT xid::text::bigint, id FROM events.event
WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid DESC, id DESC
LIMIT 1;

-- name: place_at
-- The smallest place, not the earliest time: a transaction that began early may write late.
SELECT v.xid::text::bigint, v.id - 1 FROM events.event AS v
WHERE v.at >= %(since)s
ORDER BY v.xid, v.id
LIMIT 1;

-- name: place_of
SELECT xid::text::bigint, id FROM events.reader WHERE name = %(reader)s;

-- name: move
INSERT INTO events.reader (name, xid, id, moved_at)
VALUES (%(reader)s, %(xid)s::text::xid8, %(id)s, %(at)s)
ON CONFLICT (name) DO UPDATE
  SET xid = excluded.xid, id = excluded.id, moved_at = excluded.moved_at;

-- name: reader_lags
-- How old the oldest event is that a reader has not read and could read; nothing: it has read all.
SELECT r.name, extract(EPOCH FROM now() - (
  SELECT v.at FROM events.event AS v
  WHERE (v.xid, v.id) > (r.xid, r.id) AND v.xid < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY v.xid, v.id
  LIMIT 1
))::float8 AS seconds
FROM events.reader AS r
ORDER BY r.name;
