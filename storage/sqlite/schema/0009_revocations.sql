-- Version 9: revocations of signed push URLs.

-- No foreign key: a revocation outlives the room.
CREATE TABLE revocations (
  stream   TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL  -- signatures that expire by then are void
) STRICT, WITHOUT ROWID;

CREATE INDEX revocations_by_end ON revocations (until_ms);
