// A client that changes rooms and records the server's acknowledgements.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/api_client.h"

namespace rtcroom {

/// The members of rooms, in join order; the first one of each is its creator.
using Ledger = std::map<std::string, std::vector<std::string>>;

/// All rooms of a kind as get_room_list shows them.
Ledger StoredRooms(ApiClient& client, std::string_view kind);

struct WriteCounts {
  std::atomic<std::size_t> acknowledged{0};
  std::atomic<std::size_t> refused{0};
};

/// Owns the rooms whose IDs begin with its name: no other client changes them. So at most one
/// change, the one in progress when the server was killed, may be present or not.
///
/// @threads for one thread at a time.
class LedgerWriter {
 public:
  /// @param name  is the prefix of IDs; the names of two writers must not have a common prefix.
  LedgerWriter(std::string name, std::string_view kind, std::uint32_t seed);

  [[nodiscard]] std::string_view kind() const { return kind_; }

  /// Makes changes one after the other until one is not answered, because the server was killed.
  void WriteUntilCutOff(ApiClient client, std::atomic<std::size_t>& acknowledged);

  /// Makes changes one after the other until `stop` is set; all are answered. One answered with
  /// code 6 has not happened: it counts as refused, and the next follows after a short pause.
  void WriteUntilStopped(ApiClient client, const std::atomic<bool>& stop, WriteCounts& counts);

  /// The number of acknowledged changes so far. Safe from any thread.
  [[nodiscard]] std::size_t acknowledged() const { return *acknowledged_; }
  /// From now on, keeps the expected state after each change, for `ExpectSeenBetween`.
  void KeepEveryState() { states_ = {rooms_}; }
  /// The stored state must be the expected state after some number of changes: at least `first`,
  /// and at most one more than `last`, since one change may have been in progress. Must be called
  /// while no change is written.
  void ExpectSeenBetween(std::size_t first, std::size_t last, const Ledger& stored) const;

  /// Compares the record with the stored state after a restart, and continues from there.
  void ExpectKept(const Ledger& stored);

 private:
  struct Change {
    std::string endpoint;
    std::string room;
    std::string user;
  };

  [[nodiscard]] Ledger OwnRooms(const Ledger& stored) const;
  Change NextChange();
  Change ChangeOf(const std::string& room, const std::vector<std::string>& members);
  [[nodiscard]] static Ledger After(Ledger rooms, const Change& change);
  ApiReply Send(ApiClient& client, const Change& change) const;
  std::size_t Draw(std::size_t choices);

  const std::string name_;
  const std::string_view kind_;
  const std::size_t seats_;
  std::mt19937 random_;
  std::size_t named_ = 0;          ///< how many rooms and users were named
  Ledger rooms_;                   ///< all that was acknowledged
  std::optional<Change> pending_;  ///< sent, not answered
  std::vector<Ledger> states_;     ///< by the number of changes; empty unless they are kept
  std::unique_ptr<std::atomic<std::size_t>> acknowledged_ =
      std::make_unique<std::atomic<std::size_t>>(0);
};

}  // namespace rtcroom
