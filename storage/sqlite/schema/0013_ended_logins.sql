-- Logins to the message channel that ended before their tokens. One that ends is stored first.
CREATE TABLE ended_logins (
  account      TEXT NOT NULL,
  instance     INTEGER NOT NULL,  -- number of the login, 64 bits; 0: all that began earlier
  logged_in_ms INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,  -- of the tokens
  cause        INTEGER NOT NULL,  -- 1: kicked, 2: logged out
  PRIMARY KEY (account, instance)
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_logins_by_end ON ended_logins (expires_ms);

-- What was issued to an account up to and in that second is refused. No row is ever removed.
CREATE TABLE account_validities (
  account    TEXT PRIMARY KEY,
  valid_from INTEGER NOT NULL     -- unix seconds
) STRICT, WITHOUT ROWID;
