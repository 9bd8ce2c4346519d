-- A store of schema version 10: the one of version 9, with a mix.
-- Never change this file: it is what installations hold.
PRAGMA application_id = 1381253970;
PRAGMA user_version = 10;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE audiences (
  room      INTEGER NOT NULL REFERENCES rooms (sequence) ON DELETE CASCADE,
  user_id   TEXT NOT NULL,
  user_info TEXT NOT NULL,
  seat      INTEGER NOT NULL,          -- ascending in the order of coming
  PRIMARY KEY (room, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO audiences VALUES(4,'amy','{}',4);
INSERT INTO audiences VALUES(4,'zoe','info of zoe',3);
CREATE TABLE bans (
  room_kind INTEGER NOT NULL,
  room_id   TEXT NOT NULL,
  user_id   TEXT NOT NULL,
  until_ms  INTEGER NOT NULL,
  PRIMARY KEY (room_kind, room_id, user_id)
) STRICT, WITHOUT ROWID;
INSERT INTO bans VALUES(2,'multi','troll',1700000000000);
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
INSERT INTO deliveries VALUES(1,'gone',1,'repeat',1,0,0,0,0,0,NULL);
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
, room_number INTEGER NOT NULL DEFAULT 0, previous INTEGER NOT NULL DEFAULT 0, field TEXT) STRICT;
INSERT INTO events VALUES(1,1,'gone',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of gone',1,0,NULL);
INSERT INTO events VALUES(2,1,'gone',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,1,1,NULL);
INSERT INTO events VALUES(3,2,'multi',1,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of multi',2,0,NULL);
INSERT INTO events VALUES(4,2,'multi',1,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,2,3,NULL);
INSERT INTO events VALUES(5,2,'multi',1,3,1700000000000,2,'bob','name of bob','https://avatars.example/bob',NULL,NULL,NULL,2,4,NULL);
INSERT INTO events VALUES(6,2,'multi',1,4,1700000000000,3,'bob','name of bob','https://avatars.example/bob',NULL,NULL,NULL,2,5,NULL);
INSERT INTO events VALUES(7,1,'gone',1,3,1700000000000,4,'creator',NULL,NULL,5,NULL,NULL,1,2,NULL);
INSERT INTO events VALUES(8,1,'gone',1,4,1700000000000,5,NULL,NULL,NULL,1,NULL,NULL,1,7,NULL);
INSERT INTO events VALUES(9,1,'waiting',2,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of waiting',3,0,NULL);
INSERT INTO events VALUES(10,3,'live',2,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of live',4,0,NULL);
INSERT INTO events VALUES(11,3,'live',2,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,4,10,NULL);
INSERT INTO events VALUES(12,3,'live',2,3,1700000000000,7,'zoe',NULL,NULL,NULL,NULL,'{}',4,11,NULL);
INSERT INTO events VALUES(13,3,'live',2,4,1700000000000,7,'amy',NULL,NULL,NULL,NULL,'{}',4,12,NULL);
INSERT INTO events VALUES(14,3,'live',2,5,1700000000000,7,'zoe',NULL,NULL,NULL,NULL,'info of zoe',4,13,NULL);
INSERT INTO events VALUES(15,3,'live',2,6,1700000000000,9,NULL,NULL,NULL,NULL,NULL,'{"likes":1}',4,14,NULL);
INSERT INTO events VALUES(16,4,'777',2,1,1700000000000,1,NULL,NULL,NULL,NULL,'creator','info of 777',5,0,NULL);
INSERT INTO events VALUES(17,4,'777',2,2,1700000000000,2,'creator','name of creator','https://avatars.example/creator',NULL,NULL,NULL,5,16,NULL);
INSERT INTO events VALUES(18,4,'777',2,3,1700000000000,2,'eve','name of eve','https://avatars.example/eve',NULL,NULL,NULL,5,17,NULL);
INSERT INTO events VALUES(19,4,'777',2,4,1700000000000,4,'creator',NULL,NULL,1,'eve',NULL,5,18,NULL);
CREATE TABLE group_joins (
  instance     INTEGER PRIMARY KEY,  -- number of the login, 64 bits
  account      TEXT NOT NULL,
  logged_in_ms INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  room_kind    INTEGER NOT NULL,
  room_id      TEXT NOT NULL,
  room_number  INTEGER NOT NULL,     -- the room's `sequence`
  joined_seq   INTEGER NOT NULL,
  serial       INTEGER NOT NULL
) STRICT;
INSERT INTO group_joins VALUES(7,'bob',1700000000000,1700003600000,2,'multi',2,1,1);
CREATE TABLE message_rooms (
  room_number INTEGER PRIMARY KEY,  -- the room's `sequence`
  last_seq    INTEGER NOT NULL,     -- highest ever given: none is given twice
  ended_at_ms INTEGER               -- NULL while the room lives
) STRICT;
INSERT INTO message_rooms VALUES(1,1,1700000000000);
INSERT INTO message_rooms VALUES(2,3,NULL);
CREATE TABLE messages (
  position      INTEGER PRIMARY KEY,  -- order of commit over all messages, ascending with gaps
  room_number   INTEGER,              -- the room's `sequence`; NULL: from one user to another
  seq           INTEGER,              -- number within the room, from 1; NULL likewise
  receiver      TEXT,                 -- NULL in a room
  sender        TEXT NOT NULL,
  nick          TEXT NOT NULL,
  client_seq    INTEGER NOT NULL,
  client_random INTEGER NOT NULL,
  sent_at_ms    INTEGER NOT NULL,
  body          TEXT NOT NULL         -- last: a long one is read only where it is asked for
) STRICT;
INSERT INTO messages VALUES(1,1,1,NULL,'creator','name of creator',1,2,1700000000000,'last words');
INSERT INTO messages VALUES(2,2,1,NULL,'bob','name of bob',1,2,1700000000000,'1');
INSERT INTO messages VALUES(3,2,2,NULL,'bob','name of bob',1,2,1700000000000,'2');
INSERT INTO messages VALUES(4,2,3,NULL,'bob','name of bob',1,2,1700000000000,'3');
INSERT INTO messages VALUES(5,NULL,NULL,'bob','zoe','name of zoe',1,2,1700000000000,'settled');
INSERT INTO messages VALUES(6,NULL,NULL,'bob','zoe','name of zoe',1,2,1700000000000,'pending');
CREATE TABLE meta (
  only_row            INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch               TEXT NOT NULL,     -- the history that cursors belong to: 16 hex digits
  last_room_sequence  INTEGER NOT NULL,  -- highest ever given: none is given twice
  last_event_position INTEGER NOT NULL,  -- highest ever given: none is given twice
  trimmed_position    INTEGER NOT NULL,  -- highest ever removed: older cursors have expired
  pings               INTEGER NOT NULL   -- writes made only to see that one can be made
, event_bytes INTEGER NOT NULL DEFAULT 0, last_message_position INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO meta VALUES(1,'0123456789abcdef',5,19,0,0,1780,6);
CREATE TABLE probe (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  filler   BLOB NOT NULL
) STRICT;
CREATE TABLE pushers (
  room           INTEGER NOT NULL REFERENCES rooms (sequence) ON DELETE CASCADE,
  seat           INTEGER NOT NULL,     -- ascending in join order
  user_id        TEXT NOT NULL,
  user_name      TEXT NOT NULL,
  user_avatar    TEXT NOT NULL,
  push_url       TEXT NOT NULL,
  accelerate_url TEXT NOT NULL,
  added_at_ms    INTEGER NOT NULL, mix_x INTEGER NOT NULL DEFAULT 0, mix_y INTEGER NOT NULL DEFAULT 0, mix_width INTEGER NOT NULL DEFAULT 0, mix_height INTEGER NOT NULL DEFAULT 0, mix_layer INTEGER NOT NULL DEFAULT 0, mix_parts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, seat)
) STRICT, WITHOUT ROWID;
INSERT INTO pushers VALUES(2,2,'creator','name of creator','https://avatars.example/creator','rtmp://push.example/live/1_creator?txSecret=0&txTime=1','rtmp://play.example/live/1_creator',1700000000000,0,0,0,0,0,0);
INSERT INTO pushers VALUES(2,3,'bob','name of bob','https://avatars.example/bob','rtmp://push.example/live/1_bob?txSecret=0&txTime=1','rtmp://play.example/live/1_bob',1700000000000,0,0,0,0,0,0);
INSERT INTO pushers VALUES(4,2,'creator','name of creator','https://avatars.example/creator','rtmp://push.example/live/1_creator?txSecret=0&txTime=1','rtmp://play.example/live/1_creator',1700000000000,0,0,640,480,1,3);
INSERT INTO pushers VALUES(5,3,'eve','name of eve','https://avatars.example/eve','rtmp://push.example/live/1_eve?txSecret=0&txTime=1','rtmp://play.example/live/1_eve',1700000000000,0,0,0,0,0,0);
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
, place INTEGER NOT NULL DEFAULT 0, type TEXT NOT NULL DEFAULT '', custom TEXT NOT NULL DEFAULT '{}', audience_count INTEGER NOT NULL DEFAULT 0, last_position INTEGER NOT NULL DEFAULT 0, mix_width INTEGER NOT NULL DEFAULT 0, mix_height INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO rooms VALUES(2,'multi',2,1,'creator','info of multi','https://play.example/live/1_creator.flv',1700000000000,4,2,'','{}',0,6,0,0);
INSERT INTO rooms VALUES(3,'waiting',1,2,'creator','info of waiting','',1700000000000,1,0,'','{}',0,9,0,0);
INSERT INTO rooms VALUES(4,'live',3,2,'creator','info of live','https://play.example/live/1_creator.flv',1700000000000,6,4,'','{"likes":1}',2,15,640,480);
INSERT INTO rooms VALUES(5,'777',4,2,'eve','info of 777','https://play.example/live/1_eve.flv',1700000000000,4,5,'school','{}',0,19,0,0);
CREATE TABLE sessions (
  user_id     TEXT PRIMARY KEY,
  token       BLOB NOT NULL,          -- its SHA-256: the token itself is nowhere
  number      INTEGER NOT NULL,       -- of the login: the higher of two is the later
  last_use_ms INTEGER NOT NULL        -- up to an hour behind
) STRICT, WITHOUT ROWID;
INSERT INTO sessions VALUES('bob',X'0000000000000000000000000000000000000000000000000000000000000000',7,1700000000000);
CREATE TABLE settled_messages (
  receiver TEXT PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO settled_messages VALUES('bob',5);
CREATE TABLE revocations (
  stream   TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL  -- signatures that expire by then are void
) STRICT, WITHOUT ROWID;
INSERT INTO revocations VALUES('1_gone',1700000600000);
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
INSERT INTO recordings VALUES(1,'1_bob-1700000000.flv','1_bob',2,'multi',2,'bob',1000,1700000000000,1700000010000);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('deliveries',1);
CREATE INDEX bans_by_end ON bans (until_ms);
CREATE INDEX rooms_by_list ON rooms (kind, dialect, place);
CREATE INDEX rooms_by_type ON rooms (type, place) WHERE kind = 4;
CREATE INDEX sessions_by_use ON sessions (last_use_ms);
CREATE INDEX events_by_ended_room ON events (room_id, room_kind) WHERE type = 5;
CREATE UNIQUE INDEX deliveries_by_group ON deliveries (room_id, kind);
CREATE INDEX deliveries_by_time ON deliveries (kind, next_try_ms);
CREATE UNIQUE INDEX messages_by_room ON messages (room_number, seq)
WHERE room_number IS NOT NULL;
CREATE INDEX messages_by_pair ON messages (min(sender, receiver), max(sender, receiver))
WHERE receiver IS NOT NULL;
CREATE INDEX messages_by_sender ON messages (sender, position, receiver)
WHERE receiver IS NOT NULL;
CREATE INDEX messages_by_receiver ON messages (receiver, position, sender)
WHERE receiver IS NOT NULL;
CREATE INDEX message_rooms_by_end ON message_rooms (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
CREATE INDEX revocations_by_end ON revocations (until_ms);
CREATE INDEX recordings_by_end ON recordings (ended_at_ms);
CREATE INDEX recordings_by_kind ON recordings (room_kind, ended_at_ms) WHERE room_kind IS NOT NULL;
CREATE INDEX recordings_by_room ON recordings (room_id, ended_at_ms) WHERE room_id IS NOT NULL;
CREATE INDEX recordings_by_user ON recordings (user_id, ended_at_ms) WHERE user_id IS NOT NULL;
COMMIT;
