-- The time by which the last removal was made (`RemovalClock`); NULL: none since this column exists.
ALTER TABLE meta ADD COLUMN removal_ms INTEGER;
