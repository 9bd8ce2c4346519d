-- Version 5: the events of one room, newest first. Each event refers to the previous one, so that a
-- room's history is found without an index, which would slow down every change.

ALTER TABLE events ADD COLUMN previous INTEGER NOT NULL DEFAULT 0;      -- of the same room; 0: none
ALTER TABLE rooms ADD COLUMN last_position INTEGER NOT NULL DEFAULT 0;  -- of its newest event

WITH chain AS (
  SELECT position,
         lag(position, 1, 0) OVER (PARTITION BY room_kind, room_id, room_number ORDER BY position)
           AS previous
  FROM events)
UPDATE events SET previous = chain.previous FROM chain WHERE events.position = chain.position;

WITH newest AS (SELECT room_kind, room_id, max(position) AS position FROM events GROUP BY 1, 2)
UPDATE rooms SET last_position = newest.position FROM newest
WHERE rooms.id = newest.room_id AND rooms.kind = newest.room_kind;

-- The last event of an ended room, where its history is read from: 5 is the type of room_destroyed.
CREATE INDEX events_by_ended_room ON events (room_id, room_kind) WHERE type = 5;
