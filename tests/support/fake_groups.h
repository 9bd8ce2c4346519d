// An IM service whose answers a test controls.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/im_groups.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeGroups : public ImGroups {
 public:
  using Answer = std::function<Status(const RoomId&, MonotonicTime deadline)>;

  /// Sets the outcome of `MakeGroup`; without one it succeeds at once.
  void AnswerWith(Answer answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }

  /// Defers all answers until `AnswerHeld`.
  void Hold() {
    const MutexLock lock(mutex_);
    holding_ = true;
  }
  void AnswerHeld(const Status& outcome) {
    std::vector<Done> held;
    {
      const MutexLock lock(mutex_);
      holding_ = false;
      held = std::exchange(held_, {});
    }
    for (const Done& done : held) Complete(done, outcome);
  }

  /// Sets the result of each success.
  void SucceedWith(const GroupReady& ready) {
    const MutexLock lock(mutex_);
    ready_ = ready;
  }

  void MakeGroup(const RoomId& room_id, IdOrigin origin, MonotonicTime deadline,
                 Done done) override {
    Answer answer;
    {
      const MutexLock lock(mutex_);
      asked_.push_back(room_id);
      origins_[room_id] = origin;
      if (holding_) {
        held_.push_back(std::move(done));
        return;
      }
      answer = answer_;
    }
    const Status outcome = answer ? answer(room_id, deadline) : Status();
    if (!outcome && outcome.error().code == Errc::kRoomExists) {
      const MutexLock lock(mutex_);
      origins_[room_id] = IdOrigin::kNamed;  // a foreign group: never destroyed
    }
    Complete(done, outcome);
  }
  void FinishGroup(const RoomId& room_id, GroupOutcome outcome) override {
    const MutexLock lock(mutex_);
    finished_.emplace_back(room_id, outcome);
    if (outcome == GroupOutcome::kAbandoned && origins_[room_id] == IdOrigin::kGenerated) {
      abandoned_.push_back(room_id);
    }
  }

  [[nodiscard]] std::vector<RoomId> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  /// Abandoned groups with generated ids, which are to be destroyed.
  [[nodiscard]] std::vector<RoomId> abandoned() const {
    const MutexLock lock(mutex_);
    return abandoned_;
  }
  [[nodiscard]] std::vector<std::pair<RoomId, GroupOutcome>> finished() const {
    const MutexLock lock(mutex_);
    return finished_;
  }

 private:
  void Complete(const Done& done, const Status& outcome) {
    GroupReady ready;
    {
      const MutexLock lock(mutex_);
      ready = ready_;
    }
    done(outcome ? Result<GroupReady>(ready) : outcome.error());
  }

  mutable Mutex mutex_;
  Answer answer_ GUARDED_BY(mutex_);
  bool holding_ GUARDED_BY(mutex_) = false;
  std::vector<Done> held_ GUARDED_BY(mutex_);
  GroupReady ready_ GUARDED_BY(mutex_);
  std::vector<RoomId> asked_ GUARDED_BY(mutex_);
  std::map<RoomId, IdOrigin> origins_ GUARDED_BY(mutex_);
  std::vector<RoomId> abandoned_ GUARDED_BY(mutex_);
  std::vector<std::pair<RoomId, GroupOutcome>> finished_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
