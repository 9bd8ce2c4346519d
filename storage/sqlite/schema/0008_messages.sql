-- Version 8: messages of members, in rooms and from one user to another, and logins in groups.

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

CREATE UNIQUE INDEX messages_by_room ON messages (room_number, seq)
WHERE room_number IS NOT NULL;
-- Both directions between two users are one range.
CREATE INDEX messages_by_pair ON messages (min(sender, receiver), max(sender, receiver))
WHERE receiver IS NOT NULL;
-- Conversations of a user are found in these two alone, without the messages.
CREATE INDEX messages_by_sender ON messages (sender, position, receiver)
WHERE receiver IS NOT NULL;
CREATE INDEX messages_by_receiver ON messages (receiver, position, sender)
WHERE receiver IS NOT NULL;

-- Rooms that have or had messages: a living one from its first message on, an ended one until its
-- last message is removed. No foreign key to rooms: messages outlive their room.
CREATE TABLE message_rooms (
  room_number INTEGER PRIMARY KEY,  -- the room's `sequence`
  last_seq    INTEGER NOT NULL,     -- highest ever given: none is given twice
  ended_at_ms INTEGER               -- NULL while the room lives
) STRICT;

CREATE INDEX message_rooms_by_end ON message_rooms (ended_at_ms) WHERE ended_at_ms IS NOT NULL;

-- Messages to a receiver after this position are pending. A receiver without messages has no row.
CREATE TABLE settled_messages (
  receiver TEXT PRIMARY KEY,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Highest position ever given to a message: none is given twice.
ALTER TABLE meta ADD COLUMN last_message_position INTEGER NOT NULL DEFAULT 0;

-- Logins to the message channel that are in the group of a room, to be found again after a restart.
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
