-- Version 4: sessions.

CREATE TABLE sessions (
  user_id     TEXT PRIMARY KEY,
  token       BLOB NOT NULL,          -- its SHA-256: the token itself is nowhere
  number      INTEGER NOT NULL,       -- of the login: the higher of two is the later
  last_use_ms INTEGER NOT NULL        -- up to an hour behind
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_use ON sessions (last_use_ms);
