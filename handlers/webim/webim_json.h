// The JSON of the polls of 2018.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"

namespace rtcroom {

/// The kind of a system notice; the numbers are the protocol's.
enum class ReportType : std::uint8_t {
  kGroupEnded = 5,
  kUserDefined = 255,  ///< the members changed
};

/// Microseconds since 1970: numbers of notices are drawn from the clock, so that they grow over
/// restarts, too.
std::uint64_t Microseconds(TimePoint time);

/// Entries are JSON objects that are rendered once for all receivers.
///
/// A message in a group; empty when these clients cannot read it: its place is skipped.
std::string GroupMessageEntry(const RoomKey& group, const StoredMessage& message);
/// A system notice of a group, without its opening brace: see `AccountReply`.
std::string SystemNoticeEntry(const RoomId& group, ReportType type, TimePoint at);
/// Whether a client in a live room of gen-2 can read the message from one user to another, as far
/// as its sender's server has not seen to that.
bool PassesDirect(const StoredMessage& message);
/// A message from one user to another, without its opening brace.
std::string DirectMessageEntry(const StoredMessage& message);

/// A reply of the account's poll, entry by entry. Each entry of a reply carries its number.
class AccountReply {
 public:
  explicit AccountReply(std::uint64_t notice_seq);

  void AddDirect(std::string_view entry) { Add(direct_, entry); }
  void AddNotice(std::string_view entry) { Add(notices_, entry); }
  [[nodiscard]] std::string Text() const;

 private:
  void Add(std::string& list, std::string_view entry) const;

  const std::string opening_;  ///< the beginning of each entry, with the number
  std::string direct_;
  std::string notices_;
};

/// The reply of a room's poll.
/// @param entries  whole objects, joined by commas.
std::string RoomReply(std::uint64_t next_seq, std::chrono::seconds hold, std::string_view key,
                      std::string_view entries);

/// The reply to an instance that was kicked by another login.
std::string KickedReply();

}  // namespace rtcroom
