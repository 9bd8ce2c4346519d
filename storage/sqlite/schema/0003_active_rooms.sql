-- Version 3: inactive rooms, viewers, custom fields, webrtc rooms.

-- Order of activation; 0 while a room has had no pusher. Before this version every room was active
-- from its creation on.
ALTER TABLE rooms ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN type TEXT NOT NULL DEFAULT '';      -- of webrtc rooms
ALTER TABLE rooms ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';  -- custom fields: a JSON object
ALTER TABLE rooms ADD COLUMN audience_count INTEGER NOT NULL DEFAULT 0;
UPDATE rooms SET place = sequence;

DROP INDEX rooms_by_list;
CREATE INDEX rooms_by_list ON rooms (kind, dialect, place);
-- 4 is the kind of webrtc rooms, the only one that is listed by type.
CREATE INDEX rooms_by_type ON rooms (type, place) WHERE kind = 4;

CREATE TABLE audiences (
  room      INTEGER NOT NULL REFERENCES rooms (sequence) ON DELETE CASCADE,
  user_id   TEXT NOT NULL,
  user_info TEXT NOT NULL,
  seat      INTEGER NOT NULL,          -- ascending in the order of coming
  PRIMARY KEY (room, user_id)
) STRICT, WITHOUT ROWID;
