-- Version 17: texts and custom messages as they were sent, beside the elements of IM SDKs.
ALTER TABLE messages ADD COLUMN type INTEGER NOT NULL DEFAULT 0;  -- 0: elements, 1: text, 2: custom
ALTER TABLE messages ADD COLUMN cmd TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
