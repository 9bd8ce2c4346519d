// A client that changes rooms at nodes any of which may fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cluster/beating_members.h"
#include "tests/e2e/room_changes.h"
#include "tests/support/api_client.h"

namespace rtcroom {

enum class WriterDialect : std::uint8_t { kGen1, kGen2 };

struct WriterTraits {
  WriterDialect dialect = WriterDialect::kGen1;
  /// It stays at a node as long as that answers, and so do its members with their beats.
  bool is_sticky = false;
};

/// Owns the rooms whose ids begin with its name: no other client changes them. What was refused
/// (HTTP 503, or no connection) has not happened. After an outcome that is not known it leaves the
/// room alone until `TakeStock`: until then, that change may happen.
///
/// @threads for one thread at a time, except for `acknowledged` and `unknown`.
class RoamingWriter {
 public:
  /// Logs the users of gen-2 in, at the first node.
  /// @param name  is the prefix of ids; the names of two writers must not have a common prefix.
  /// @throws std::runtime_error when a login is refused.
  RoamingWriter(const std::string& name, std::string_view kind, WriterTraits traits,
                std::vector<int> ports, BeatingMembers& members, std::uint32_t seed);

  /// Makes changes one after the other.
  void Write(const std::stop_token& stop);

  [[nodiscard]] const RoomChanges& changes() const { return recorder_.source(); }
  [[nodiscard]] std::size_t acknowledged() const { return recorder_.acknowledged(); }
  [[nodiscard]] std::size_t unknown() const { return recorder_.unknown(); }
  /// Changes that were not done, a line for each; while it does not write.
  [[nodiscard]] const std::vector<std::string>& refusals() const { return refusals_; }

  /// Compares the record with what is stored, and goes on from there: one line for each room that
  /// is not as it must be. While no change is written.
  /// @param stored  of all clients.
  /// @param excused  rooms of which members were evicted with good reason.
  [[nodiscard]] std::vector<std::string> TakeStock(const Ledger& stored,
                                                   const std::set<std::string>& excused);

 private:
  /// Whether the node has answered whether the change is made.
  bool Make(ApiClient& client, const RoomChanges::Change& change);
  /// Lets the members beat that are there after the change.
  void FollowAcknowledged(const RoomChanges::Change& change, std::int64_t begun_ms);
  void Follow(const std::string& room, const std::string& user, std::int64_t since_ms,
              bool leaving);
  std::size_t DrawNode();

  RoomRecorder recorder_;
  const bool is_sticky_;
  const std::vector<int> ports_;
  BeatingMembers& members_;
  std::mt19937 random_;
  std::vector<std::string> faults_;
  std::vector<std::string> refusals_;
};

}  // namespace rtcroom
