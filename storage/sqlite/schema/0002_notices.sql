-- Version 2: data for readers of events, and bans.

-- Which of the rooms that had the same id an event belongs to: the room's `sequence`. 0 for the
-- events of version 1.
ALTER TABLE events ADD COLUMN room_number INTEGER NOT NULL DEFAULT 0;

-- Bans from rooms; no foreign key: a ban outlives the room.
CREATE TABLE bans (
  room_kind INTEGER NOT NULL,
  room_id   TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  PRIMARY KEY (room_kind, room_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX bans_by_end ON bans (until_ms);

-- Pending tasks for groups of the IM service that no event implies. Numbers of tasks are those of
-- daemon/core/group_task_store.h.
CREATE TABLE group_tasks (
  group_id TEXT PRIMARY KEY,          -- the room's id
  task     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Positions of the event readers inside this process.
CREATE TABLE reader_positions (
  reader   TEXT PRIMARY KEY,
  epoch    TEXT NOT NULL,             -- the history that `position` belongs to
  position INTEGER NOT NULL           -- all events up to here are dealt with
) STRICT, WITHOUT ROWID;
