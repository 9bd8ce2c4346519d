// Messages for tests, and views of those read.
#pragma once

#include <atomic>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "daemon/core/message_store.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {

/// One that repeats no other.
inline MessageContent MakeMessage(const std::string& sender, const std::string& body,
                                  TimePoint sent_at = kNoon) {
  static std::atomic<std::uint64_t> random = 0;
  return {.sender = {sender},
          .nick = "name of " + sender,
          .client_seq = 1,
          .client_random = ++random,
          .body = body,
          .sent_at = sent_at};
}

inline Status SettleMessages(MessageStore& history, const std::string& receiver,
                             std::uint64_t position) {
  const ReceivedMessages received{.receiver = {receiver}, .position = position};
  return history.SettleMessages({&received, 1});
}

inline std::ostream& operator<<(std::ostream& out, const StoredMessage& message) {
  return out << "message " << message.position << " (" << message.seq << " of room "
             << message.room_number << ") " << message.content.sender << " to '" << message.receiver
             << "': " << message.content.body;
}

inline std::vector<std::string> BodiesOf(const std::vector<StoredMessage>& messages) {
  std::vector<std::string> bodies;
  bodies.reserve(messages.size());
  for (const StoredMessage& message : messages) bodies.push_back(message.content.body);
  return bodies;
}

inline std::vector<std::uint64_t> SeqsOf(const std::vector<StoredMessage>& messages) {
  std::vector<std::uint64_t> seqs;
  seqs.reserve(messages.size());
  for (const StoredMessage& message : messages) seqs.push_back(message.seq);
  return seqs;
}

}  // namespace rtcroom
