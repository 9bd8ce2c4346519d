-- Version 16: what clients of today's IM SDKs give with a message, the groups of accounts, and what
-- accounts have read of each other's messages.
ALTER TABLE messages ADD COLUMN client_time INTEGER NOT NULL DEFAULT 0;   -- unix seconds; 0: unknown
ALTER TABLE messages ADD COLUMN custom TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;      -- 1 to 4; 0: unknown
ALTER TABLE messages ADD COLUMN is_unguarded INTEGER NOT NULL DEFAULT 0;  -- 0 or 1
ALTER TABLE messages ADD COLUMN wants_receipt INTEGER NOT NULL DEFAULT 0; -- 0 or 1

-- Messages of a pair are found by their time, too, without those before or after it.
DROP INDEX messages_by_pair;
CREATE INDEX messages_by_pair ON messages
  (min(sender, receiver), max(sender, receiver), position, sent_at_ms) WHERE receiver IS NOT NULL;

CREATE TABLE account_groups (
  account      TEXT NOT NULL,
  instance     INTEGER NOT NULL,  -- number of the login, 64 bits; 0: of the account
  -- The room's `sequence`; NULL: the messages to the account.
  room_number  INTEGER REFERENCES rooms (sequence) ON DELETE CASCADE,
  room_kind    INTEGER NOT NULL,
  room_id      TEXT NOT NULL,
  joined_at_ms INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,  -- end of the login
  joined_seq   INTEGER NOT NULL,
  received     INTEGER NOT NULL,  -- a seq of the room, or a position
  read         INTEGER NOT NULL   -- a seq
) STRICT;

CREATE UNIQUE INDEX account_groups_by_account ON account_groups
  (account, instance, ifnull(room_number, 0));
CREATE INDEX account_groups_by_room ON account_groups (room_number) WHERE room_number IS NOT NULL;
CREATE INDEX account_groups_by_end ON account_groups (expires_ms) WHERE instance <> 0;

CREATE TABLE read_positions (
  reader   TEXT NOT NULL,
  peer     TEXT NOT NULL,
  until_ms INTEGER NOT NULL,      -- all that the peer sent up to then is read
  PRIMARY KEY (reader, peer)
) STRICT, WITHOUT ROWID;

CREATE INDEX read_positions_by_reader ON read_positions (reader, until_ms);
CREATE INDEX read_positions_by_time ON read_positions (until_ms);
