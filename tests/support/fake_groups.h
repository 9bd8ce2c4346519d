// An IM service that answers as a test wants.
#pragma once

#include <functional>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/im_groups.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeGroups : public ImGroups {
 public:
  using Answer = std::function<Status(const RoomId&, MonotonicTime deadline)>;

  /// What `CreateGroup` does from now on; without one it succeeds at once.
  void AnswerWith(Answer answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }

  Status CreateGroup(const RoomId& room_id, MonotonicTime deadline) override {
    Answer answer;
    {
      const MutexLock lock(mutex_);
      asked_.push_back(room_id);
      answer = answer_;
    }
    return answer ? answer(room_id, deadline) : Status();
  }
  void AbandonGroup(const RoomId& room_id) override {
    const MutexLock lock(mutex_);
    abandoned_.push_back(room_id);
  }

  [[nodiscard]] std::vector<RoomId> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::vector<RoomId> abandoned() const {
    const MutexLock lock(mutex_);
    return abandoned_;
  }

 private:
  mutable Mutex mutex_;
  Answer answer_ GUARDED_BY(mutex_);
  std::vector<RoomId> asked_ GUARDED_BY(mutex_);
  std::vector<RoomId> abandoned_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
