-- Version 1: rooms, the pushers in them, and the history of both.
-- Numbers of kinds, dialects, event types and reasons are those of daemon/core and
-- storage/sqlite/event_rows.cc. Text is kept byte for byte.

CREATE TABLE meta (
  only_row            INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch               TEXT NOT NULL,     -- the history that cursors belong to: 16 hex digits
  last_room_sequence  INTEGER NOT NULL,  -- highest ever given: none is given twice
  last_event_position INTEGER NOT NULL,  -- highest ever given: none is given twice
  trimmed_position    INTEGER NOT NULL,  -- highest ever removed: older cursors have expired
  pings               INTEGER NOT NULL   -- writes made only to see that one can be made
) STRICT;

CREATE TABLE rooms (
  sequence       INTEGER PRIMARY KEY,  -- order of creation over all kinds
  id             TEXT NOT NULL UNIQUE, -- over all kinds: it is the IM group's id too
  kind           INTEGER NOT NULL,
  dialect        INTEGER NOT NULL,
  creator        TEXT NOT NULL,
  info           TEXT NOT NULL,
  mixed_play_url TEXT NOT NULL,
  created_at_ms  INTEGER NOT NULL,
  last_event     INTEGER NOT NULL      -- number of the room's newest event
) STRICT;

-- A list is one range of this index, and all of it is what a start reads.
CREATE INDEX rooms_by_list ON rooms (kind, dialect, sequence);

CREATE TABLE pushers (
  room           INTEGER NOT NULL REFERENCES rooms (sequence) ON DELETE CASCADE,
  seat           INTEGER NOT NULL,     -- ascending in join order
  user_id        TEXT NOT NULL,
  user_name      TEXT NOT NULL,
  user_avatar    TEXT NOT NULL,
  push_url       TEXT NOT NULL,
  accelerate_url TEXT NOT NULL,
  added_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (room, seat)
) STRICT, WITHOUT ROWID;

-- No foreign key to rooms: the history of a room outlives it.
CREATE TABLE events (
  position      INTEGER PRIMARY KEY,   -- order of commit over all rooms, without gaps
  room_kind     INTEGER NOT NULL,
  room_id       TEXT NOT NULL,
  dialect       INTEGER NOT NULL,
  room_sequence INTEGER NOT NULL,      -- number of the event within its room
  at_ms         INTEGER NOT NULL,
  type          INTEGER NOT NULL,
  user_id       TEXT,                  -- of pusher events
  user_name     TEXT,                  -- of pusher_added and pusher_updated
  user_avatar   TEXT,                  -- of pusher_added and pusher_updated
  reason        INTEGER,               -- of pusher_deleted and room_destroyed
  creator       TEXT,                  -- of room_created
  info          TEXT                   -- of room_created
) STRICT;
