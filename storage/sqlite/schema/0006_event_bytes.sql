-- Version 6: a bound on the bytes of the history.

-- The changed custom field of a custom_changed event, as JSON text; NULL: info holds all fields.
ALTER TABLE events ADD COLUMN field TEXT;

-- Total size of all events, by the formula of daemon/core/room_event.h.
ALTER TABLE meta ADD COLUMN event_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET event_bytes = (
  SELECT coalesce(sum(
    64 + length(CAST(room_id AS BLOB)) + coalesce(length(CAST(user_id AS BLOB)), 0)
    + coalesce(length(CAST(user_name AS BLOB)), 0)
    + coalesce(length(CAST(user_avatar AS BLOB)), 0)
    + coalesce(length(CAST(creator AS BLOB)), 0) + coalesce(length(CAST(info AS BLOB)), 0)), 0)
  FROM events);

-- Written only to test whether the store accepts writes.
CREATE TABLE probe (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  filler   BLOB NOT NULL
) STRICT;
