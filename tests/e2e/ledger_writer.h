// A client that changes rooms and keeps books of what the server acknowledged.
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

/// Owns the rooms whose ids begin with its name: nobody else may change them. So at most one
/// change, the one under way when the server died, may have happened or not.
///
/// @threads for one thread at a time.
class LedgerWriter {
 public:
  /// @param name  becomes the beginning of ids; two writers' names must not begin alike.
  LedgerWriter(std::string name, std::string_view kind, std::uint32_t seed);

  [[nodiscard]] std::string_view kind() const { return kind_; }

  /// Makes one change after the other until one is not answered, which is how a killed server
  /// looks from here.
  void WriteUntilCutOff(ApiClient client, std::atomic<std::size_t>& acknowledged);

  /// Makes one change after the other until `stop` is set; all are answered. One that is answered
  /// with code 6 has not happened: it counts as refused, and after a short pause another follows.
  void WriteUntilStopped(ApiClient client, const std::atomic<bool>& stop, WriteCounts& counts);

  /// How many changes were acknowledged so far. Any thread may ask.
  [[nodiscard]] std::size_t acknowledged() const { return *acknowledged_; }
  /// Keep what the books said after each change, from now on, for `ExpectSeenBetween`.
  void KeepEveryState() { states_ = {rooms_}; }
  /// What is stored must be what the books said after some number of changes: at least `first`, and
  /// at most one more than `last`, since one change may have been under way. To be called while
  /// nothing is written.
  void ExpectSeenBetween(std::size_t first, std::size_t last, const Ledger& stored) const;

  /// Compares the books with what is stored after a restart, and goes on from there.
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
  std::size_t named_ = 0;          ///< how many rooms and users got a name
  Ledger rooms_;                   ///< all that was acknowledged
  std::optional<Change> pending_;  ///< sent, not answered
  std::vector<Ledger> states_;     ///< by the number of changes; empty unless they are kept
  std::unique_ptr<std::atomic<std::size_t>> acknowledged_ =
      std::make_unique<std::atomic<std::size_t>>(0);
};

}  // namespace rtcroom
