-- Version 1: rooms, their history, all other data, and the nodes that share them.
--
-- Every transaction that writes locks the row of `turn` first: commits have one order, and
-- `max(position) + 1` is the next position.
--
-- A semicolon at the end of a line ends a statement, in comments too.

CREATE TABLE meta (
  only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch            text COLLATE "C" NOT NULL,
  schema_version   integer NOT NULL,
  least_version    integer NOT NULL,            -- programs that know no newer one may use the store
  trimmed_position bigint NOT NULL DEFAULT 0,   -- highest ever removed: older cursors have expired
  trimmed_events   bigint NOT NULL DEFAULT 0,   -- number of events up to there
  -- Highest ever removed of those that were the newest: none is given twice.
  last_message     bigint NOT NULL DEFAULT 0,
  last_recording   bigint NOT NULL DEFAULT 0
);

-- Never updated: a row that is collects versions as long as a snapshot is held.
CREATE TABLE turn (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);

INSERT INTO turn DEFAULT VALUES;

CREATE TABLE rooms (
  number         bigint PRIMARY KEY,              -- position of its room_created
  id             text COLLATE "C" NOT NULL UNIQUE, -- over all kinds: it is the IM group's id too
  kind           smallint NOT NULL,
  dialect        smallint NOT NULL,
  creator        text COLLATE "C" NOT NULL,
  info           bytea NOT NULL,
  mixed_play_url bytea NOT NULL,
  created_at_ms  bigint NOT NULL,
  place          bigint NOT NULL DEFAULT 0,       -- of the event that activated it; 0: not yet
  type           bytea NOT NULL DEFAULT '',       -- of webrtc rooms
  custom         bytea NOT NULL DEFAULT '{}',     -- custom fields: a JSON object
  audience_count bigint NOT NULL DEFAULT 0,
  last_event     bigint NOT NULL,                 -- number of the room's newest event
  last_position  bigint NOT NULL,                 -- of that event
  -- The size of the picture of its mix; 0: no mix.
  mix_width      integer NOT NULL DEFAULT 0,
  mix_height     integer NOT NULL DEFAULT 0,
  version        bigint NOT NULL DEFAULT 1        -- + 1 with each write, and with a ban
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE INDEX rooms_by_list ON rooms (kind, dialect, place) WHERE place > 0;
-- 4 is the kind of webrtc rooms, the only one that is listed by type.
CREATE INDEX rooms_by_type ON rooms (type, place) WHERE kind = 4 AND place > 0;

CREATE TABLE pushers (
  room           bigint NOT NULL,
  seat           bigint NOT NULL,                 -- ascending in join order
  user_id        text COLLATE "C" NOT NULL,
  user_name      bytea NOT NULL,
  user_avatar    bytea NOT NULL,
  push_url       bytea NOT NULL,
  accelerate_url bytea NOT NULL,
  -- The address that its calls must come from; '': any.
  bound_to       text COLLATE "C" NOT NULL DEFAULT '',
  added_at_ms    bigint NOT NULL,
  -- The place of its stream in the mix.
  mix_x          integer NOT NULL DEFAULT 0,
  mix_y          integer NOT NULL DEFAULT 0,
  mix_width      integer NOT NULL DEFAULT 0,
  mix_height     integer NOT NULL DEFAULT 0,
  mix_layer      smallint NOT NULL DEFAULT 0,     -- 0: not in the mix
  mix_parts      smallint NOT NULL DEFAULT 0,     -- 1: video, 2: audio, 3: both
  PRIMARY KEY (room, seat)
);

CREATE TABLE audiences (
  room      bigint NOT NULL,
  user_id   text COLLATE "C" NOT NULL,
  user_info bytea NOT NULL,
  seat      bigint NOT NULL,                      -- ascending in the order of coming
  PRIMARY KEY (room, user_id)
);

-- The history of a room outlives it.
CREATE TABLE events (
  position      bigint PRIMARY KEY,               -- order of commit over all rooms, without gaps
  tag           bigint NOT NULL,                  -- node and number of the group that wrote it
  type          smallint NOT NULL,                -- from 100 on: records for nodes alone
  room_number   bigint,
  room_kind     smallint,
  room_id       text COLLATE "C",
  dialect       smallint,
  room_sequence bigint,                           -- number of the event within its room
  at_ms         bigint NOT NULL,
  user_id       text COLLATE "C",
  user_name     bytea,
  user_avatar   bytea,
  reason        smallint,
  creator       text COLLATE "C",
  info          bytea,
  field         bytea,                            -- the changed custom field, as JSON; NULL: all
  previous      bigint NOT NULL DEFAULT 0,        -- position of the room's previous event; 0: none
  -- Of events that change lists: the place of the room in them, and its type.
  room_place    bigint NOT NULL DEFAULT 0,
  room_type     bytea NOT NULL DEFAULT '',
  -- Size of all events up to this one, by the formula of daemon/core/room_event.h: that of a range
  -- is a difference. Begins anew when there is no event.
  bytes_through bigint NOT NULL,
  -- Number of all events ever up to this record: that in a range, too, is a difference.
  events_through bigint NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- The last event of an ended room, where its history is read from: 5 is the type of room_destroyed.
CREATE INDEX events_by_ended_room ON events (room_id, room_kind, position) WHERE type = 5;

-- A ban outlives the room.
CREATE TABLE bans (
  room_kind smallint NOT NULL,
  room_id   text COLLATE "C" NOT NULL,
  user_id   text COLLATE "C" NOT NULL,
  until_ms  bigint NOT NULL,
  PRIMARY KEY (room_id, user_id, room_kind)
);

CREATE INDEX bans_by_end ON bans (until_ms);

-- A revocation outlives the room.
CREATE TABLE revocations (
  stream   bytea PRIMARY KEY,
  until_ms bigint NOT NULL                        -- signatures that expire by then are void
);

CREATE INDEX revocations_by_end ON revocations (until_ms);

CREATE TABLE sessions (
  user_id     text COLLATE "C" PRIMARY KEY,
  token       bytea NOT NULL,                     -- its SHA-256: the token itself is nowhere
  number      bigint NOT NULL,                    -- of the login: the higher of two is the later
  last_use_ms bigint NOT NULL                     -- up to an hour behind
);

CREATE INDEX sessions_by_use ON sessions (last_use_ms);

-- Deliveries to outside services, written with the change from which they follow.
-- daemon/core/delivery_store.h has the numbers of kinds and the meanings of the columns.
CREATE TABLE deliveries (
  id            bigint PRIMARY KEY,
  room_id       text COLLATE "C" NOT NULL,        -- the group's id
  kind          smallint NOT NULL,                -- 0: removed, but no id is higher yet
  payload       bytea NOT NULL DEFAULT '',
  revision      bigint NOT NULL DEFAULT 1,        -- how many were merged into this row
  next_try_ms   bigint NOT NULL,                  -- the highest bigint: parked, next: held back
  attempts      bigint NOT NULL DEFAULT 0,
  lone_attempts bigint NOT NULL DEFAULT 0,
  lone_ms       bigint NOT NULL DEFAULT 0,
  failed_at_ms  bigint NOT NULL DEFAULT 0,
  position      bigint                            -- of the first event that it was enqueued with
);

CREATE UNIQUE INDEX deliveries_by_group ON deliveries (room_id, kind) WHERE kind > 0;
CREATE INDEX deliveries_by_time ON deliveries (kind, next_try_ms, id);

CREATE TABLE messages (
  position      bigint PRIMARY KEY,               -- order of commit over all messages
  room_number   bigint,                           -- NULL: from one user to another
  seq           bigint,                           -- number within the room, from 1; NULL likewise
  receiver      text COLLATE "C",                 -- NULL in a room
  sender        text COLLATE "C" NOT NULL,
  nick          bytea NOT NULL,
  client_seq    bigint NOT NULL,
  client_random bigint NOT NULL,
  sent_at_ms    bigint NOT NULL,
  body          bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);

CREATE UNIQUE INDEX messages_by_room ON messages (room_number, seq) WHERE room_number IS NOT NULL;
-- Both directions between two users are one range.
CREATE INDEX messages_by_pair ON messages
  (least(sender, receiver), greatest(sender, receiver), position) WHERE receiver IS NOT NULL;
-- Conversations of a user are found in these two alone, without the messages.
CREATE INDEX messages_by_sender ON messages (sender, position, receiver)
  WHERE receiver IS NOT NULL;
CREATE INDEX messages_by_receiver ON messages (receiver, position, sender)
  WHERE receiver IS NOT NULL;

-- Rooms that have or had messages: a living one from its first message on, an ended one until its
-- last message is removed.
CREATE TABLE message_rooms (
  room_number bigint PRIMARY KEY,
  last_seq    bigint NOT NULL,                    -- highest ever given: none is given twice
  ended_at_ms bigint                              -- NULL while the room lives
) WITH (fillfactor = 80);

CREATE INDEX message_rooms_by_end ON message_rooms (ended_at_ms, room_number)
  WHERE ended_at_ms IS NOT NULL;

-- Messages to a receiver after this position are pending. A receiver without messages has no row.
CREATE TABLE settled_messages (
  receiver text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL
) WITH (fillfactor = 80);

-- Logins to the message channel that are in the group of a room, to be found again after a restart.
CREATE TABLE group_joins (
  instance     bigint PRIMARY KEY,                -- number of the login: these are any 64 bits
  account      text COLLATE "C" NOT NULL,
  logged_in_ms bigint NOT NULL,
  expires_ms   bigint NOT NULL,
  room_kind    smallint NOT NULL,
  room_id      text COLLATE "C" NOT NULL,
  room_number  bigint NOT NULL,
  joined_seq   bigint NOT NULL,
  serial       bigint NOT NULL                    -- likewise
);

-- One row for each file. A recording outlives the room.
CREATE TABLE recordings (
  id            bigint PRIMARY KEY,
  file          bytea NOT NULL UNIQUE,            -- path in the folder of recordings
  stream        bytea NOT NULL,                   -- empty: unknown
  room_kind     smallint,                         -- the four of the owner: all NULL where unknown
  room_id       text COLLATE "C",
  room_number   bigint,
  user_id       text COLLATE "C",
  bytes         bigint NOT NULL,
  started_at_ms bigint,                           -- NULL: unknown
  ended_at_ms   bigint NOT NULL
);

CREATE INDEX recordings_by_end ON recordings (ended_at_ms, id);
CREATE INDEX recordings_by_kind ON recordings (room_kind, ended_at_ms, id)
  WHERE room_kind IS NOT NULL;
CREATE INDEX recordings_by_room ON recordings (room_id, ended_at_ms, id) WHERE room_id IS NOT NULL;
CREATE INDEX recordings_by_user ON recordings (user_id, ended_at_ms, id) WHERE user_id IS NOT NULL;

-- The nodes that share the store.
CREATE TABLE nodes (
  node        bigint PRIMARY KEY,                 -- drawn at each start
  link        bigint NOT NULL,                    -- number of its writing connection
  rounds      bigint NOT NULL DEFAULT 0,          -- grows while it lives
  version     integer NOT NULL,                   -- newest schema that it knows
  config_hash text COLLATE "C" NOT NULL DEFAULT '',
  name        text COLLATE "C" NOT NULL DEFAULT ''
) WITH (fillfactor = 50);

-- A node locks its row to wait for the standby; never updated.
CREATE TABLE marks (
  node bigint PRIMARY KEY
);

-- Work that one node does for all of them.
CREATE TABLE duties (
  name text COLLATE "C" PRIMARY KEY,
  node bigint,                                    -- NULL: nobody yet
  term bigint NOT NULL DEFAULT 0                  -- grows with each change of the node
);

INSERT INTO duties (name) VALUES ('reaper'), ('im'), ('trtc'), ('upkeep');

-- A node creates or destroys a group only under its claim.
CREATE TABLE group_claims (
  group_id text COLLATE "C" PRIMARY KEY,
  node     bigint NOT NULL,
  until_ms bigint NOT NULL                        -- by the database's clock
);

-- Heartbeats: empty after a crash, and on a standby that becomes the primary.
CREATE UNLOGGED TABLE beats (
  room  bigint NOT NULL,
  seat  bigint NOT NULL,
  at_ms bigint NOT NULL,                          -- of the newest, by the database's clock
  PRIMARY KEY (room, seat)
) WITH (fillfactor = 50);

CREATE UNLOGGED TABLE told (
  node       bigint PRIMARY KEY,
  through_ms bigint NOT NULL                      -- all that it heard until then is in `beats`
) WITH (fillfactor = 50);

CREATE UNLOGGED TABLE beat_life (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  floor_ms bigint NOT NULL                        -- nobody counts as silent before
);
