-- Version 6: a history that is bounded by its bytes, too.

-- Which custom field a custom_changed tells of, as JSON text; NULL: info is all fields.
ALTER TABLE events ADD COLUMN field TEXT;

-- Of all events, as daemon/core/room_event.h counts them.
ALTER TABLE meta ADD COLUMN event_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET event_bytes = (
  SELECT coalesce(sum(
    64 + length(CAST(room_id AS BLOB)) + coalesce(length(CAST(user_id AS BLOB)), 0)
    + coalesce(length(CAST(user_name AS BLOB)), 0)
    + coalesce(length(CAST(user_avatar AS BLOB)), 0)
    + coalesce(length(CAST(creator AS BLOB)), 0) + coalesce(length(CAST(info AS BLOB)), 0)), 0)
  FROM events);

-- What is written only to see that it can be.
CREATE TABLE probe (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  filler   BLOB NOT NULL
) STRICT;
