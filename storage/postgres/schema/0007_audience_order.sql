-- The newest viewers of a room are read without the others.
CREATE INDEX audiences_by_seat ON audiences (room, seat);
