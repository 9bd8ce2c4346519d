-- The time by which the last removal was made (`RemovalClock`); NULL: none since this table exists.
CREATE TABLE removal (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  time_ms  bigint
);

INSERT INTO removal DEFAULT VALUES;

-- What each node reports with its rounds. Nodes that know version 1 only report nothing here.
CREATE TABLE reports (
  node     bigint PRIMARY KEY,
  applied  bigint NOT NULL,                       -- position of the newest event that it has
  clock_ms bigint NOT NULL                        -- its wall clock minus the database's clock
) WITH (fillfactor = 50);
