// What the groups of the IM service are still owed, and when it is due.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/config/config_types.h"
#include "daemon/core/ids.h"
#include "daemon/core/store.h"
#include "daemon/im/delivery.h"

namespace rtcroom {

struct DeliveryLimits {
  /// Groups owed something; past it no more events are taken. Each takes about half a kilobyte.
  std::size_t max_groups = 100'000;
  /// Groups remembered as absent; past it a notice to one costs a call. Those of strangers are
  /// always remembered: each has a task, and of these there is a bounded number.
  std::size_t max_absent = 100'000;
  std::chrono::milliseconds first_pause{500};  ///< at most, after the first failure
  std::chrono::milliseconds longest_pause{15'000};
  std::chrono::milliseconds hurry_within{1000};  ///< see `Hurry`
  /// A call that nobody waits for any more takes effect within this, or never.
  std::chrono::milliseconds late_effect{60'000};
  /// A notice or a destroy that failed so often, and for so long, is given up. Only what happens
  /// while the calls of other groups are answered counts: an outage is waited for.
  int most_failures_alone = 10;
  std::chrono::milliseconds longest_alone = std::chrono::minutes(10);
};

/// Turns committed events and tasks into calls: one at a time for a group, in order, any number of
/// groups side by side. Adjacent notices merge, the end of a room drops those that wait, and a
/// room that begins cancels a destroy that waits.
///
/// Pure: time and chance are arguments.
///
/// @threads for one at a time.
/// @source protocol A.8, D.7, F.2, F.3.
class GroupDeliveries {
 public:
  explicit GroupDeliveries(NotifyVia notify_via, const DeliveryLimits& limits = {});

  // -- Events, in the store's order.

  /// Events come after `position` from now on; those before it are no concern of ours, but for
  /// what is owed already. Groups remembered as absent are forgotten.
  void StartAt(std::uint64_t position);

  /// Whether there is room for one more event.
  [[nodiscard]] bool CanTake() const { return groups_.size() < limits_.max_groups || unsettled_; }

  void Take(const StoredEvent& event, MonotonicTime now);

  /// What was taken ends where a change ends. Until this, or the next event, a pusher who leaves
  /// last may be the beginning of the room's end.
  void EndOfChange() { Settle(); }

  /// A room whose events are lost: its members are told that something may have changed.
  void TakeRoom(const RoomKey& room, MonotonicTime now);

  // -- Tasks: what no event tells of.

  /// The store keeps a task of that group, to be removed when nothing but notices is owed.
  void NoteTask(const RoomId& group);
  /// It was removed with the room's commit.
  void ClearTask(const RoomId& group);
  void OweCreate(const RoomId& group, MonotonicTime now);
  void OweDestroy(const RoomId& group, MonotonicTime now);
  /// As `OweDestroy`, and once more `late_effect` after that is done: a create that was not
  /// answered may take effect in between. The task is kept until then.
  void OweDestroyTwice(const RoomId& group, MonotonicTime now);

  /// Somebody makes the group: nothing more is sent to it until `EndMaking`.
  void BeginMaking(const RoomId& group);
  /// Whether what was sent before that is finished.
  [[nodiscard]] bool HasTurn(const RoomId& group) const;
  void EndMaking(const RoomId& group);

  // -- Calls.

  /// @return what to do now, if anything of this step is due. The group is busy until `Finish`.
  std::optional<Delivery> Next(DeliveryStep step, MonotonicTime now);

  /// When the next of this step is due; nothing when none waits.
  [[nodiscard]] std::optional<MonotonicTime> NextDue(DeliveryStep step) const;

  /// @param outcome  kDone also where the call turned out to be needless.
  /// @param jitter   0 to 1: how much of the pause after a failure there is to be.
  DeliveryEnd Finish(const Delivery& delivery, ImOutcome outcome, MonotonicTime now, double jitter);

  /// The service answered a call, whatever it was for.
  void NoteAnswer() { ++answers_; }

  /// The service is back: what failed is due within `hurry_within`, in the order in which it was.
  /// The pauses after further failures go on growing. Does nothing shortly after it has done it.
  void Hurry(MonotonicTime now);

  /// The position up to which every event needs nothing more: where a reader may begin after a
  /// crash.
  [[nodiscard]] std::uint64_t HandledUpTo() const {
    return since_.empty() ? taken_up_to_ : *since_.begin();
  }
  /// Whether an event up to `position`, or a room taken there, needs something still.
  [[nodiscard]] bool Owes(std::uint64_t position) const {
    return !since_.empty() && *since_.begin() <= position;
  }

  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::size_t tasks() const { return tasks_; }

 private:
  /// What a group is owed of one step. Several events may want it; once is enough.
  struct Debt {
    bool owed = false;
    /// The last position before the oldest event that wants it; nothing when none does.
    std::optional<std::uint64_t> since{};
  };

  /// What a group is to get next, and when.
  struct Turn {
    DeliveryStep step = DeliveryStep::kDestroy;
    MonotonicTime due{};
    bool operator==(const Turn&) const = default;
  };

  struct Group {
    std::array<Debt, kDeliveryStepCount> debts{};
    bool has_task = false;
    bool making = false;
    std::optional<DeliveryStep> busy{};
    Debt at_work{};  ///< the debt that is being paid
    bool superseded =
        false;         ///< a room began or ended meanwhile: if it fails, it is not owed again
    int failures = 0;  ///< since the last success
    MonotonicTime failed_at{};             ///< last ...
    std::uint64_t answers_at_failure = 0;  ///< ... and `answers_` then
    int failures_alone = 0;  ///< of `failures`, those since which others were answered
    MonotonicTime::duration alone_for{};
    MonotonicTime due{};
    bool destroys_twice = false;               ///< see `OweDestroyTwice`: before the first ...
    std::optional<MonotonicTime> last_look{};  ///< ... and after it: when the second is due
    std::optional<Turn> queued{};

    Debt& debt(DeliveryStep step) { return debts[static_cast<std::size_t>(step)]; }
    [[nodiscard]] const Debt& debt(DeliveryStep step) const {
      return debts[static_cast<std::size_t>(step)];
    }
  };

  /// Why a group gets no notices until its room has ended.
  enum class Absence : std::uint8_t {
    kMissing,  ///< there is none
    /// It belongs to somebody else, so it is not destroyed either. The store keeps the task of
    /// making it, from which the next process learns this again.
    kStrangers,
  };

  using Queue = std::set<std::pair<MonotonicTime, RoomId>>;

  void Settle();
  void Unsettle(const RoomId& group);
  void OweNotice(const RoomId& group, MonotonicTime now);
  void BeginRoom(const RoomId& group);
  void EndRoom(const RoomId& group, MonotonicTime now);

  void Owe(Group& group, DeliveryStep step, std::optional<std::uint64_t> since, MonotonicTime now);
  void Drop(Group& group, DeliveryStep step);
  void DropDestroys(Group& group);
  void Release(const Debt& debt);
  void DropNotices(Group& group);
  void OweAgain(Group& group, DeliveryStep step);
  void PutOff(Group& group, MonotonicTime now, bool lasting, double jitter);
  static void NoteSuccess(Group& group);
  /// @return whether the group has failed for too long while others were answered.
  bool NoteFailure(Group& group, ImOutcome outcome, MonotonicTime now);
  void Switch();
  /// After a call that has to be made again, unless it has failed alone for too long.
  DeliveryEnd TryAgain(Group& group, DeliveryStep step, ImOutcome outcome, MonotonicTime now,
                       double jitter);
  void LeaveToStranger(const RoomId& id, Group& group, MonotonicTime now);
  /// Of a group of a stranger's: it is to be made, if there is a room still.
  /// @return false when it is none.
  bool AskAgainWhoseItIs(const RoomId& id, MonotonicTime now);
  DeliveryEnd FinishNotice(const RoomId& id, Group& group, DeliveryStep step, ImOutcome outcome,
                           MonotonicTime now, double jitter);
  DeliveryEnd FinishOther(const RoomId& id, Group& group, DeliveryStep step, ImOutcome outcome,
                          MonotonicTime now, double jitter);

  [[nodiscard]] std::optional<Turn> NextTurn(const RoomId& id, const Group& group) const;
  /// Puts the group where it belongs now: into a queue, into none, or out of the table, after
  /// which `group` is gone.
  void Requeue(const RoomId& id, Group& group);
  Queue& queue(DeliveryStep step) { return queues_[static_cast<std::size_t>(step)]; }

  const NotifyVia notify_via_;
  const DeliveryLimits limits_;
  bool custom_only_ = false;  ///< with kAuto, once a system notice was refused
  std::uint64_t taken_up_to_ = 0;
  /// The group whose last event may be, or is, of a change that ends the room. It waits.
  std::optional<RoomId> unsettled_{};
  std::unordered_map<RoomId, Group> groups_{};
  std::unordered_map<RoomId, Absence> absent_{};
  std::array<Queue, kDeliveryStepCount> queues_{};
  std::multiset<std::uint64_t> since_{};  ///< of all debts and of those that are being paid
  std::size_t tasks_ = 0;
  std::uint64_t answers_ = 0;
  std::optional<MonotonicTime> hurried_at_{};
};

}  // namespace rtcroom
