// The group of a room: the logins that are in it, and its newest messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/channel/waiting_polls.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// A group as its room is stored.
struct GroupFacts {
  RoomKey room{};
  std::uint64_t number = 0;
  Dialect dialect = Dialect::kGen1;
  std::uint64_t last_seq = 0;    ///< of its messages
  std::uint64_t last_event = 0;  ///< `Room::last_event`
};

/// An account in a group.
struct GroupMember {
  UserId account{};
  TimePoint joined_at{};
};

/// A message of a group as polls carry it.
struct GroupMessage {
  std::uint64_t seq = 0;
  std::string entry{};
  TimePoint sent_at{};
};

struct Group {
  GroupFacts facts{};
  bool is_complete = false;         ///< the feed supplies all messages after `facts.last_seq`
  std::deque<GroupMessage> tail{};  ///< without gaps; ends with `facts.last_seq` unless empty
  std::size_t tail_bytes = 0;
  std::list<Group*>::iterator by_message{};  ///< while it has a tail
  std::vector<Login*> members{};
  std::optional<MonotonicTime> batch_at{};  ///< set: its polls wait until then
};

/// The place of a login in a group.
struct Membership {
  Group* group = nullptr;
  std::size_t index = 0;  ///< in the group's members
  TimePoint joined_at{};
  std::uint64_t joined_seq = 0;  ///< as the key says
  std::string key{};
  std::uint64_t confirmed = 0;  ///< the client has all messages before this one
  std::uint64_t given = 0;      ///< all before this one were in an answer
  InFlight in_flight{};
};

}  // namespace rtcroom
