// Random changes of rooms and their members, for a `ChangeRecorder`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/change_recorder.h"
#include "tests/support/api_client.h"

namespace rtcroom {

/// The members of rooms, in join order; the first one of each is its creator.
using Ledger = std::map<std::string, std::vector<std::string>>;

/// All rooms of a kind as get_room_list of gen-1 shows them.
Ledger StoredRooms(ApiClient& client, std::string_view kind);

struct RoomChangesOptions {
  std::string name = {};  ///< prefix of its IDs; of two sources, neither is a prefix of the other
  std::string kind = {};  ///< as in paths
  std::uint32_t seed = 0;
  /// By user. With tokens it speaks gen-2 and these are all its users, more than a room's seats;
  /// without, it speaks gen-1 and each user is new.
  std::map<std::string, std::string> tokens = {};
};

/// Owns the rooms whose IDs begin with its name: no other client changes them.
///
/// @threads for one thread at a time.
class RoomChanges {
 public:
  using Value = std::vector<std::string>;  ///< members of the room
  struct Change {
    std::string endpoint = {};
    std::string subject = {};  ///< the room
    std::string user = {};
    Value after = {};
    std::string what = {};

    /// Whether a member leaves, or all do.
    [[nodiscard]] bool Removes() const {
      return endpoint == "delete_pusher" || endpoint == "destroy_room";
    }
  };

  explicit RoomChanges(RoomChangesOptions options);

  Change Next(const Ledger& rooms);
  ApiReply Send(ApiClient& client, const Change& change) const;
  [[nodiscard]] bool Owns(const std::string& room) const { return room.starts_with(own_.name); }

  [[nodiscard]] const std::string& kind() const { return own_.kind; }
  /// Of calls by a user: "userID=...", or nothing in gen-1.
  [[nodiscard]] std::string QueryOf(const std::string& user) const;
  /// Of calls by any of its users.
  [[nodiscard]] std::string AnyQuery() const;

 private:
  Change AnyChange(const Ledger& rooms);
  std::string Newcomer(const Value& present);
  [[nodiscard]] static Value After(Value members, const Change& change);
  std::size_t Draw(std::size_t choices);

  RoomChangesOptions own_;
  std::size_t seats_;
  std::mt19937 random_;
  std::size_t named_ = 0;  ///< how many rooms and users were named
};

using RoomRecorder = ChangeRecorder<RoomChanges>;

/// Recorders of gen-1 rooms, named "w0_", "w1_", ..., of all kinds in turn.
std::deque<RoomRecorder> RoomRecorders(std::size_t count, std::mt19937& random);

/// Settles all of them; what is not stored as it was acknowledged is a test failure.
void ExpectKept(ApiClient& client, std::deque<RoomRecorder>& recorders);

}  // namespace rtcroom
