// An IM service whose answers a test controls.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/im/im_service.h"

namespace rtcroom {

struct GroupCall {
  GroupCommand command = GroupCommand::kCreate;
  std::string group{};

  bool operator==(const GroupCall&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const GroupCall& call) {
    return out << call.command << " of " << call.group;
  }
};

/// @threads safe from any thread.
class FakeImService : public ImService {
 public:
  using Answer = std::function<ImOutcome(const GroupCall&)>;

  /// Sets the outcome of every call; initially each succeeds.
  void AnswerWith(Answer answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  void AnswerWith(ImOutcome outcome) {
    AnswerWith([outcome](const GroupCall& /*call*/) { return outcome; });
  }

  /// Blocks calls until `Release`.
  void Hold() {
    const MutexLock lock(mutex_);
    holding_ = true;
  }
  void Release() {
    const MutexLock lock(mutex_);
    holding_ = false;
    changed_.NotifyAll();
  }

  ImAnswer Call(GroupCommand command, const RoomId& group,
                std::chrono::milliseconds timeout) override {
    const GroupCall call{.command = command, .group = group.value};
    const Visit visit(*this, call, timeout);
    const Answer answer = AwaitAnswer();
    const ImOutcome outcome = answer ? answer(call) : ImOutcome::kDone;
    return {.outcome = outcome, .error_code = outcome == ImOutcome::kDone ? 0 : 10000};
  }

  /// In call order.
  [[nodiscard]] std::vector<GroupCall> calls() const {
    const MutexLock lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::vector<std::chrono::milliseconds> timeouts() const {
    const MutexLock lock(mutex_);
    return timeouts_;
  }
  /// Groups with a call made while another was under way.
  [[nodiscard]] std::vector<std::string> overlaps() const {
    const MutexLock lock(mutex_);
    return overlaps_;
  }
  [[nodiscard]] std::size_t hanging() const {
    const MutexLock lock(mutex_);
    return hanging_;
  }

 private:
  /// Tracks a call from its start to its end, including by exception.
  class Visit {
   public:
    Visit(FakeImService& service, const GroupCall& call, std::chrono::milliseconds timeout)
        : service_(service), group_(call.group) {
      const MutexLock lock(service_.mutex_);
      service_.calls_.push_back(call);
      service_.timeouts_.push_back(timeout);
      if (!service_.under_way_.insert(group_).second) service_.overlaps_.push_back(group_);
    }
    ~Visit() {
      const MutexLock lock(service_.mutex_);
      service_.under_way_.erase(group_);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    FakeImService& service_;
    const std::string group_;
  };

  Answer AwaitAnswer() {
    const MutexLock lock(mutex_);
    ++hanging_;
    while (holding_) changed_.Wait(mutex_);
    --hanging_;
    return answer_;
  }

  mutable Mutex mutex_;
  CondVar changed_;
  bool holding_ GUARDED_BY(mutex_) = false;
  std::size_t hanging_ GUARDED_BY(mutex_) = 0;
  Answer answer_ GUARDED_BY(mutex_);
  std::set<std::string> under_way_ GUARDED_BY(mutex_);
  std::vector<std::string> overlaps_ GUARDED_BY(mutex_);
  std::vector<GroupCall> calls_ GUARDED_BY(mutex_);
  std::vector<std::chrono::milliseconds> timeouts_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
