-- What clients of today's IM SDKs give with a message. Nodes of an earlier version write the
-- defaults, and read none of it.
ALTER TABLE messages
  ADD COLUMN client_time   bigint NOT NULL DEFAULT 0,   -- unix seconds; 0: unknown
  ADD COLUMN custom        bytea NOT NULL DEFAULT '',
  ADD COLUMN priority      smallint NOT NULL DEFAULT 0, -- 1 to 4; 0: unknown
  ADD COLUMN is_unguarded  smallint NOT NULL DEFAULT 0, -- 0 or 1
  ADD COLUMN wants_receipt smallint NOT NULL DEFAULT 0;

-- Messages of a pair are found by their time, too, without those before or after it.
DROP INDEX messages_by_pair;
CREATE INDEX messages_by_pair ON messages
  (least(sender, receiver), greatest(sender, receiver), position, sent_at_ms)
  WHERE receiver IS NOT NULL;

CREATE TABLE account_groups (
  account      text COLLATE "C" NOT NULL,
  instance     bigint NOT NULL,                   -- number of the login; 0: of the account
  -- NULL: the messages to the account. Nodes of an earlier version end rooms, too.
  room_number  bigint REFERENCES rooms (number) ON DELETE CASCADE,
  room_kind    smallint NOT NULL,
  room_id      text COLLATE "C" NOT NULL,
  joined_at_ms bigint NOT NULL,
  expires_ms   bigint NOT NULL,                   -- end of the login
  joined_seq   bigint NOT NULL,
  received     bigint NOT NULL,                   -- a seq of the room, or a position
  read         bigint NOT NULL                    -- a seq
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX account_groups_by_account ON account_groups
  (account, instance, coalesce(room_number, 0));
CREATE INDEX account_groups_by_room ON account_groups (room_number) WHERE room_number IS NOT NULL;
CREATE INDEX account_groups_by_end ON account_groups (expires_ms) WHERE instance <> 0;

CREATE TABLE read_positions (
  reader   text COLLATE "C" NOT NULL,
  peer     text COLLATE "C" NOT NULL,
  until_ms bigint NOT NULL,                       -- all that the peer sent up to then is read
  PRIMARY KEY (reader, peer)
);

CREATE INDEX read_positions_by_reader ON read_positions (reader, until_ms);
CREATE INDEX read_positions_by_time ON read_positions (until_ms);
