-- Version 7: deliveries to outside services are rows, written with the change from which they
-- follow. Before they followed from group_tasks and the events after the position of reader im.

-- daemon/core/delivery_store.h has the numbers of kinds and the meanings of the columns.
CREATE TABLE deliveries (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  room_id       TEXT NOT NULL,               -- the group's id
  kind          INTEGER NOT NULL,            -- 1: destroy, 2: create, 3: notify
  payload       TEXT NOT NULL DEFAULT '',
  revision      INTEGER NOT NULL DEFAULT 1,  -- how many were merged into this row
  next_try_ms   INTEGER NOT NULL,            -- the highest INTEGER: parked; the one before: waiting
  attempts      INTEGER NOT NULL DEFAULT 0,
  lone_attempts INTEGER NOT NULL DEFAULT 0,
  lone_ms       INTEGER NOT NULL DEFAULT 0,
  failed_at_ms  INTEGER NOT NULL DEFAULT 0,
  position      INTEGER                      -- of the first event that it was enqueued with
) STRICT;

CREATE UNIQUE INDEX deliveries_by_group ON deliveries (room_id, kind);
CREATE INDEX deliveries_by_time ON deliveries (kind, next_try_ms);

-- Tasks 1 (a group was being created) and 3 (its room was not stored): a create may still take
-- effect, so the destroy is repeated. A group whose room is stored is left alone.
INSERT INTO deliveries (room_id, kind, payload, next_try_ms)
SELECT group_id, 1, 'repeat', 0 FROM group_tasks
WHERE task IN (1, 3) AND group_id NOT IN (SELECT id FROM rooms);

-- Task 2: the room is stored, and its group is still to be created.
INSERT INTO deliveries (room_id, kind, next_try_ms)
SELECT group_id, 2, 0 FROM group_tasks
WHERE task = 2 AND group_id IN (SELECT id FROM rooms);

-- Rooms that ended after the position. 5 is the type of room_destroyed, 4 the kind without groups.
INSERT OR IGNORE INTO deliveries (room_id, kind, next_try_ms, position)
SELECT events.room_id, 1, 0, max(events.position)
FROM reader_positions AS im, meta, events
WHERE im.reader = 'im' AND im.epoch = meta.epoch AND im.position >= meta.trimmed_position
  AND events.position > im.position AND events.type = 5 AND events.room_kind <> 4
  AND events.room_id NOT IN (SELECT id FROM rooms WHERE kind <> 4)
GROUP BY events.room_id;

-- Stored rooms in which pushers came or left after it: 2 to 4 are the types of pusher_added,
-- pusher_updated (of which only dialect 2 is notified) and pusher_deleted; the second event of a
-- room seats its creator. Reason 5: the room ends. A notice waits for a create of its group.
INSERT INTO deliveries (room_id, kind, next_try_ms, position)
SELECT events.room_id, 3,
  iif(events.room_id IN (SELECT room_id FROM deliveries), 0x7FFFFFFFFFFFFFFE, 0),
  min(events.position)
FROM reader_positions AS im, meta, events JOIN rooms ON rooms.sequence = events.room_number
WHERE im.reader = 'im' AND im.epoch = meta.epoch AND im.position >= meta.trimmed_position
  AND events.position > im.position AND events.room_kind <> 4
  AND (events.type = 2 AND events.room_sequence <> 2
    OR events.type = 3 AND events.dialect = 2
    OR events.type = 4 AND events.reason <> 5)
GROUP BY events.room_id;

-- Where events after the position were removed, or are those of another history, every room is
-- notified that something may have changed.
INSERT INTO deliveries (room_id, kind, next_try_ms)
SELECT rooms.id, 3, iif(rooms.id IN (SELECT room_id FROM deliveries), 0x7FFFFFFFFFFFFFFE, 0)
FROM reader_positions AS im, meta, rooms
WHERE im.reader = 'im' AND (im.epoch <> meta.epoch OR im.position < meta.trimmed_position)
  AND rooms.kind <> 4;

DROP TABLE group_tasks;
DROP TABLE reader_positions;
