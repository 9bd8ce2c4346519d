-- Texts and custom messages as they were sent, beside the elements of IM SDKs. Nodes of an earlier
-- version write elements, and take every body for JSON: that of the others is beside it.
ALTER TABLE messages
  ADD COLUMN type       smallint NOT NULL DEFAULT 0, -- 0: elements, 1: text, 2: custom
  ADD COLUMN plain_body bytea NOT NULL DEFAULT '',   -- the body if the type is not 0; `body` is []
  ADD COLUMN cmd        bytea NOT NULL DEFAULT '',
  ADD COLUMN avatar     bytea NOT NULL DEFAULT '';
