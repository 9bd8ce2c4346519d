-- Finds the message that another one repeats.
CREATE INDEX messages_by_random ON messages
  (sender, client_random, room_number, receiver, position);
