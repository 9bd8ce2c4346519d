-- Version 9: revocations of signed push URLs, and recordings.

-- No foreign key: a revocation outlives the room.
CREATE TABLE revocations (
  stream   TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL  -- signatures that expire by then are void
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_by_end ON revocations (until_ms);

-- One row for each file. No foreign key: a recording outlives the room.
CREATE TABLE recordings (
  id            INTEGER PRIMARY KEY,
  file          TEXT NOT NULL UNIQUE,  -- path in the folder of recordings
  stream        TEXT NOT NULL,         -- '': unknown
  room_kind     INTEGER,               -- the four of the owner: all NULL where that is unknown
  room_id       TEXT,
  room_number   INTEGER,               -- the room's `sequence`
  user_id       TEXT,
  bytes         INTEGER NOT NULL,
  started_at_ms INTEGER,               -- NULL: unknown
  ended_at_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX recordings_by_end ON recordings (ended_at_ms);
CREATE INDEX recordings_by_kind ON recordings (room_kind, ended_at_ms) WHERE room_kind IS NOT NULL;
CREATE INDEX recordings_by_room ON recordings (room_id, ended_at_ms) WHERE room_id IS NOT NULL;
CREATE INDEX recordings_by_user ON recordings (user_id, ended_at_ms) WHERE user_id IS NOT NULL;
