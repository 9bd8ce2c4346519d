// The system notices and direct messages that wait for the poll of an account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/channel/waiting_polls.h"

namespace rtcroom {

/// A system notice or a direct message.
struct InboxEntry {
  std::string text{};
  std::uint64_t given = 0;     ///< number of the first answer that carried it; 0: none has
  std::uint64_t position = 0;  ///< of a direct message; 0 for a system notice
  std::size_t sender = 0;      ///< of a direct message: a hash
  std::uint64_t changed = 0;   ///< of a notice of changed members: the room's number
  std::optional<TimePoint> made_at{};
};

struct AccountInbox {
  std::list<InboxEntry> entries{};  ///< those that were given come first
  std::size_t bytes = 0;
  std::optional<std::list<Login*>::iterator> by_wait{};  ///< while it has direct messages
  InFlight in_flight{};
  MonotonicTime polled_at{};  ///< or when the login became known, before its first poll
  bool needs_pending = true;
  std::uint64_t pending_until = 0;  ///< position of the newest message that was pending
  /// The newest direct message that was given and then given up.
  struct {
    std::uint64_t number = 0;  ///< as `InboxEntry::given`
    std::uint64_t position = 0;
  } dropped{};
};

}  // namespace rtcroom
