-- Logins to the message channel that ended before their tokens. One that ends is stored first.
CREATE TABLE ended_logins (
  account      text COLLATE "C" NOT NULL,
  instance     bigint NOT NULL,                   -- number of the login; 0: all that began earlier
  logged_in_ms bigint NOT NULL,
  expires_ms   bigint NOT NULL,                   -- of the tokens
  cause        smallint NOT NULL,                 -- 1: kicked, 2: logged out
  PRIMARY KEY (account, instance)
);

CREATE INDEX ended_logins_by_end ON ended_logins (expires_ms);

-- What was issued to an account up to and in that second is refused. No row is ever removed.
CREATE TABLE account_validities (
  account    text COLLATE "C" PRIMARY KEY,
  valid_from bigint NOT NULL                      -- unix seconds
);
