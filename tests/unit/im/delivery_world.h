// A model of a server, its store and the IM service, driven by random numbers.
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

#include "daemon/core/commit_signal.h"
#include "daemon/core/delivery_claims.h"
#include "daemon/core/store.h"
#include "daemon/im/delivery_outcomes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_store.h"

namespace rtcroom {

struct WorldOptions {
  NotifyVia notify_via = NotifyVia::kSystem;
  bool degrades = false;  ///< stores a room even if its group cannot be created
  bool crashes = false;
  bool fails = true;  ///< whether the IM service may answer with failures
};

/// Rooms are created, changed and ended, calls are made and answered, the process crashes and
/// restarts, in an order determined by a seed. Violations of invariants are recorded as faults.
class DeliveryWorld {
 public:
  DeliveryWorld(std::uint64_t seed, const WorldOptions& options);

  /// Executes one random step.
  void Step();

  /// Runs until nothing is pending; the service answers every call with success.
  void RunUntilIdle();

  /// Descriptions of all violated invariants.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

 private:
  enum class Stage : std::uint8_t { kWaiting, kAsked, kMade, kFailed };
  struct Making {
    bool generated = false;
    Stage stage = Stage::kWaiting;
    bool may_exist = false;
  };
  struct RoomView {
    int guests = 0;
    bool has_changed = false;                   ///< so that members are notified
    std::optional<std::uint64_t> changed_at{};  ///< position of the last such change
  };
  struct Call {
    Delivery delivery{};
    GroupCommand command = GroupCommand::kCreate;
    bool skipped = false;
    std::optional<ImOutcome> outcome{};
  };
  /// State of a group in the service.
  struct Group {
    bool exists = false;
    std::uint64_t system_at = 0;  ///< newest event at the last notice
    std::uint64_t custom_at = 0;
    bool destroyed_last = false;
  };

  std::uint64_t Roll(std::uint64_t sides) { return random_() % sides; }
  bool Chance(int percent) { return Roll(100) < static_cast<std::uint64_t>(percent); }
  void Fault(const std::string& what) { faults_.push_back(what); }

  // Rooms.
  void ChangeARoom();
  void EndRoom(const std::string& id);
  void Write(const RoomUpdate& update);
  void Commit(const std::string& id, bool degraded);
  std::uint64_t Newest() { return store_.rooms().Newest()->position; }

  // Creation of rooms.
  void BeginMaking();
  void ContinueMaking();
  void FinishMaking(const std::string& id);

  // Sender.
  void Load();
  void Start();
  void Arrive(Call& call);
  void FinishSome();
  /// Writes the result of a call, if the store accepts it, and releases the group.
  bool WriteOutcome(const Resolution& resolution);
  void WriteAgain();
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
  TimePoint now_ = kNoon;
  std::vector<std::string> faults_;

  // Survives a crash.
  CommitSignal commits_;
  TempStore store_{{}, "00000000000000aa", commits_};
  std::map<std::string, RoomView> rooms_;
  std::map<std::string, Group> service_;
  /// Ids of rooms that ended or were never stored, whose group must be destroyed.
  std::set<std::string> ended_;

  // Lost in a crash.
  std::unique_ptr<DeliveryOutcomes> outcomes_;
  std::unique_ptr<DeliveryClaims> claims_;
  std::map<DeliveryKind, std::deque<Delivery>> loaded_;
  std::deque<Call> calls_;
  std::vector<Resolution> unwritten_;
  std::map<std::string, Making> makings_;
};

}  // namespace rtcroom
