-- Signs of the media of pushers, as nodes report them beside heartbeats: empty after a crash, too.
-- Nodes of an earlier version neither write nor read them.
CREATE UNLOGGED TABLE media_signs (
  room       bigint NOT NULL,
  seat       bigint NOT NULL,
  track      smallint NOT NULL,                   -- 0: the stream, 1: video, 2: audio
  state      smallint NOT NULL,                   -- 1: none, 2: on, 3: off
  at_ms      bigint NOT NULL,                     -- of the newest, by the database's clock
  sign_order bigint NOT NULL,                     -- of two signs the higher is the newer
  node       bigint NOT NULL,                     -- that reported it
  PRIMARY KEY (room, seat, track)
) WITH (fillfactor = 50);

-- Without the time, which changes with most updates.
CREATE INDEX media_signs_off ON media_signs (room, seat) WHERE state = 3;
