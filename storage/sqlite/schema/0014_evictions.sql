-- Version 14: the last eviction or kick of a user, which likes and other events would bury. 4 is the type of
-- pusher_deleted; its reasons 2 to 4 are those of a seat that was taken. Leaves, the common ones, cost nothing.
CREATE INDEX events_by_evicted_user ON events (room_id, user_id, room_kind)
  WHERE type = 4 AND reason IN (2, 3, 4);
