// Facts that the message channel tells its clients and does not store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/account_store.h"
#include "daemon/core/ids.h"
#include "daemon/core/message_store.h"
#include "daemon/core/web_worker.h"

namespace rtcroom {

/// A stream of a member begins or ends at a media server.
struct StreamNotice {
  RoomKey room{};
  UserId user_id{};
  bool is_on = false;

  bool operator==(const StreamNotice&) const = default;
};

/// A session of the account's browser has ended.
struct WebEndedNotice {
  RoomKey room{};
  std::string session{};
  WebEndReason reason = WebEndReason::kDeleted;

  bool operator==(const WebEndedNotice&) const = default;
};

/// The account has come into groups, or left some, with one of its logins.
struct GroupsNotice {
  bool operator==(const GroupsNotice&) const = default;
};

/// An account has come into the group of a room, or left it.
struct MemberNotice {
  RoomId group{};
  std::string group_name{};  ///< empty: unknown, or it has none
  UserId account{};
  std::string nick{};
  std::string image{};
  bool has_left = false;
  std::uint64_t members = 0;  ///< after it
  std::uint64_t number = 0;   ///< unique in the group, below 2^52
  TimePoint at{};

  bool operator==(const MemberNotice&) const = default;
};

/// A message that is only for the clients that are connected.
struct MessageNotice {
  RoomId group{};  ///< group of a message in a room
  std::string group_name{};
  std::string image{};  ///< image of its sender
  StoredMessage message{};

  bool operator==(const MessageNotice&) const = default;
};

/// An account has read another account's messages, up to a time.
struct ReadNotice {
  ReadPosition position{};
  bool is_own = false;  ///< the reader is told; otherwise the sender

  bool operator==(const ReadNotice&) const = default;
};

/// The account's messages that asked for a receipt, and were read.
struct ReceiptNotice {
  /// A message as its reader names it.
  struct Message {
    std::uint64_t seq = 0;     ///< `MessageContent::client_seq`
    std::uint64_t random = 0;  ///< `MessageContent::client_random`
    std::uint64_t time = 0;    ///< seconds since 1970
    std::uint64_t client_time = 0;

    bool operator==(const Message&) const = default;
  };
  UserId reader{};
  std::vector<Message> messages{};

  bool operator==(const ReceiptNotice&) const = default;
};

/// Servers on one store tell each other the index: new ones go to the end, and none is removed.
using NoticeFact = std::variant<GroupsNotice, MemberNotice, MessageNotice, ReadNotice,
                                ReceiptNotice, StreamNotice, WebEndedNotice>;

/// A fact for the clients in a room, or for those of an account. Both: for those in the room but
/// that account's.
struct PushNotice {
  std::uint64_t room_number = 0;  ///< `Room::sequence`; 0: for the account
  UserId user_id{};
  NoticeFact fact{};

  /// About what it takes in memory.
  [[nodiscard]] std::size_t bytes() const {
    constexpr std::size_t kBytesOfFact = 1024;
    const auto* const shown = std::get_if<MessageNotice>(&fact);
    return shown == nullptr ? kBytesOfFact : kBytesOfFact + StoredBytes(shown->message);
  }
  bool operator==(const PushNotice&) const = default;
};

}  // namespace rtcroom
