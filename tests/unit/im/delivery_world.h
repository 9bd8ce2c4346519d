// A server, its store and the IM service in miniature, driven by chance.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/core/group_task_store.h"
#include "daemon/im/group_deliveries.h"

namespace rtcroom {

struct WorldOptions {
  NotifyVia notify_via = NotifyVia::kSystem;
  bool degrades = false;  ///< a room whose group could not be made is stored all the same
  bool crashes = false;
  bool fails = true;  ///< whether the IM service ever gives another answer than success
};

/// Rooms begin, change and end, calls are made and answered, the process dies and comes back: in
/// an order that a seed decides. What must never happen is noted down as a fault.
class DeliveryWorld {
 public:
  DeliveryWorld(std::uint64_t seed, const WorldOptions& options);

  /// One thing happens.
  void Step();

  /// From now on the service does what it is asked for; until nothing is left to do.
  void ComeToRest();

  /// Every promise that was broken, in words.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  enum class Stage : std::uint8_t { kWaiting, kAsked, kMade, kFailed };
  struct Making {
    bool generated = false;
    Stage stage = Stage::kWaiting;
    bool may_exist = false;
    bool crossed = false;  ///< the create reached the service
  };
  struct Room {
    int guests = 0;
    std::uint64_t last_sequence = 2;
    std::optional<std::uint64_t> told_of{};  ///< position of the last change of which to tell
  };
  struct Call {
    Delivery delivery{};
    bool skipped = false;
    std::optional<ImOutcome> outcome{};
  };
  /// What the service knows of a group.
  struct Group {
    bool exists = false;
    std::uint64_t system_at = 0;  ///< the newest event when the last notice arrived
    std::uint64_t custom_at = 0;
    bool destroyed_last = false;
  };

  std::uint64_t Roll(std::uint64_t sides) { return random_() % sides; }
  bool Chance(int percent) { return Roll(100) < static_cast<std::uint64_t>(percent); }
  void Fault(const std::string& what) { faults_.push_back(what); }

  // The rooms.
  void ChangeARoom();
  void EndRoom(const std::string& id);
  void Append(const std::string& id, RoomHappening happening, std::uint64_t room_sequence);
  void Commit(const std::string& id, bool degraded);

  // Their making.
  void BeginMaking();
  void GoOnMaking();
  void FinishMaking(const std::string& id);

  // The bridge.
  void Read();
  void Start();
  /// Whether only a part of the change that ends the room has been read.
  [[nodiscard]] bool InTheMidstOfItsEnd(const std::string& id) const;
  void Arrive(Call& call);
  void FinishSome();
  void Save();
  void Crash();
  ImOutcome Answer(GroupCommand command, const std::string& id);
  void Apply(GroupCommand command, const std::string& id);
  void Check();

  const WorldOptions options_;
  std::mt19937_64 random_;
  bool at_rest_ = false;
  bool system_disabled_ = false;
  bool crashed_ = false;
  int drawn_ = 0;
  MonotonicTime now_{std::chrono::hours(1)};
  std::vector<std::string> faults_;

  // What survives a crash.
  std::vector<StoredEvent> log_;
  std::set<std::size_t> changes_;  ///< how many events there were after each change
  std::map<std::string, Room> rooms_;
  std::map<std::string, GroupTaskKind> tasks_;
  std::uint64_t saved_ = 0;
  std::map<std::string, Group> service_;
  /// Ids of rooms that ended or never came to be, whose group must go in the end.
  std::set<std::string> ended_;

  // What does not.
  std::unique_ptr<GroupDeliveries> deliveries_;
  std::uint64_t read_ = 0;  ///< how many events of the log
  std::deque<Call> calls_;
  std::map<std::string, Making> makings_;
};

}  // namespace rtcroom
