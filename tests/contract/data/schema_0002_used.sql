-- A store of schema version 2: the one of version 1 after an upgrade, used on since.
-- Never change this file: it is what installations hold.
PRAGMA application_id = 1381253970;
PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE bans (
  room_kind INTEGER NOT NULL,
  room_id   TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  PRIMARY KEY (room_kind, room_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "bans" VALUES(3,'old_live','troll',1700000600000);
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
, room_number INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "events" VALUES(5,2,'old_multi',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of old_multi',0);
INSERT INTO "events" VALUES(6,2,'old_multi',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,0);
INSERT INTO "events" VALUES(7,2,'old_multi',1,3,1700000000000,2,'bob','name of bob','https://avatars.example/bob',NULL,NULL,NULL,0);
INSERT INTO "events" VALUES(8,3,'old_live',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of old_live',0);
INSERT INTO "events" VALUES(9,3,'old_live',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,0);
INSERT INTO "events" VALUES(10,1,'old_gone',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of old_gone',0);
INSERT INTO "events" VALUES(11,1,'old_gone',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,0);
INSERT INTO "events" VALUES(12,1,'old_gone',1,3,1700000000000,4,'creator',NULL,NULL,5,NULL,NULL,0);
INSERT INTO "events" VALUES(13,1,'old_gone',1,4,1700000000000,5,NULL,NULL,NULL,1,NULL,NULL,0);
INSERT INTO "events" VALUES(14,2,'second_multi',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of second_multi',6);
INSERT INTO "events" VALUES(15,2,'second_multi',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,6);
CREATE TABLE group_tasks (
  group_id TEXT PRIMARY KEY,          -- the room's id
  task     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "group_tasks" VALUES('room_0badc0de_0001',1);
CREATE TABLE meta (
  only_row            INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch               TEXT NOT NULL,     -- the history that cursors belong to: 16 hex digits
  last_room_sequence  INTEGER NOT NULL,  -- highest ever given: none is given twice
  last_event_position INTEGER NOT NULL,  -- highest ever given: none is given twice
  trimmed_position    INTEGER NOT NULL,  -- highest ever removed: older cursors have expired
  pings               INTEGER NOT NULL   -- writes made only to see that one can be made
) STRICT;
INSERT INTO "meta" VALUES(1,'0123456789abcdef',6,15,4,0);
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
INSERT INTO "pushers" VALUES(2,2,'creator','name of creator','https://avatars.example/creator','rtmp://push.example/live/1_creator?txSecret=0&txTime=1','rtmp://play.example/live/1_creator',1700000000000);
INSERT INTO "pushers" VALUES(2,3,'bob','name of bob','https://avatars.example/bob','rtmp://push.example/live/1_bob?txSecret=0&txTime=1','rtmp://play.example/live/1_bob',1700000000000);
INSERT INTO "pushers" VALUES(3,2,'creator','name of creator','https://avatars.example/creator','rtmp://push.example/live/1_creator?txSecret=0&txTime=1','rtmp://play.example/live/1_creator',1700000000000);
INSERT INTO "pushers" VALUES(6,2,'creator','name of creator','https://avatars.example/creator','rtmp://push.example/live/1_creator?txSecret=0&txTime=1','rtmp://play.example/live/1_creator',1700000000000);
CREATE TABLE reader_positions (
  reader   TEXT PRIMARY KEY,
  epoch    TEXT NOT NULL,             -- the history that `position` belongs to
  position INTEGER NOT NULL           -- all events up to here are dealt with
) STRICT, WITHOUT ROWID;
INSERT INTO "reader_positions" VALUES('im','0123456789abcdef',15);
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
INSERT INTO "rooms" VALUES(2,'old_multi',2,1,'creator','info of old_multi','https://play.example/live/1_creator.flv',1700000000000,3);
INSERT INTO "rooms" VALUES(3,'old_live',3,1,'creator','info of old_live','https://play.example/live/1_creator.flv',1700000000000,2);
INSERT INTO "rooms" VALUES(6,'second_multi',2,1,'creator','info of second_multi','https://play.example/live/1_creator.flv',1700000000000,2);
CREATE INDEX rooms_by_list ON rooms (kind, dialect, sequence);
CREATE INDEX bans_by_end ON bans (until_ms);
COMMIT;
