-- Version 10: the mixes of rooms.

-- The size of the picture; 0: no mix.
ALTER TABLE rooms ADD COLUMN mix_width INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN mix_height INTEGER NOT NULL DEFAULT 0;

-- The place of a pusher's stream in it.
ALTER TABLE pushers ADD COLUMN mix_x INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushers ADD COLUMN mix_y INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushers ADD COLUMN mix_width INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushers ADD COLUMN mix_height INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pushers ADD COLUMN mix_layer INTEGER NOT NULL DEFAULT 0;  -- 0: not in the mix
ALTER TABLE pushers ADD COLUMN mix_parts INTEGER NOT NULL DEFAULT 0;  -- 1: video, 2: audio, 3: both
