-- Version 12: a bound on the bytes of messages, and each message once.

-- Total size of all messages, by the formula of daemon/core/message_store.h.
ALTER TABLE meta ADD COLUMN message_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET message_bytes = (
  SELECT coalesce(sum(
    128 + coalesce(length(CAST(receiver AS BLOB)), 0) + length(CAST(sender AS BLOB))
    + length(CAST(nick AS BLOB)) + length(CAST(body AS BLOB))), 0)
  FROM messages);

-- Finds the message that another one repeats.
CREATE INDEX messages_by_random ON messages (sender, client_random, room_number, receiver);
