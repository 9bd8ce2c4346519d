// Room state reconstructed from events alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/room.h"
#include "daemon/core/room_event.h"
#include "daemon/core/store.h"

namespace rtcroom {

/// A one-sentence description of an error; nullopt: none.
using Fault = std::optional<std::string>;

/// @threads for one thread at a time.
class EventReplay {
 public:
  struct Member {
    std::string user_id;
    std::string user_name;
    std::string user_avatar;
    bool operator==(const Member&) const = default;
  };
  struct KnownRoom {
    RoomKey key;
    Dialect dialect = Dialect::kGen1;
    std::uint64_t number = 0;      ///< `StoredEvent::room_number`
    std::uint64_t last_event = 0;  ///< consecutive from 1
    std::string creator;
    std::string info;
    std::string custom = "{}";
    std::vector<Member> members{};
    std::vector<std::pair<std::string, std::string>> viewers{};
  };

  /// Applies the next event; an event that cannot follow the known state is a fault.
  Fault Take(const StoredEvent& stored);

  [[nodiscard]] const std::map<RoomId, KnownRoom>& rooms() const { return rooms_; }

  /// Compares a stored room with the reconstructed one.
  [[nodiscard]] Fault Compare(const Room& room, const AudiencePage& page) const;

 private:
  std::map<RoomId, KnownRoom> rooms_;
};

}  // namespace rtcroom
