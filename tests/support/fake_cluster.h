// The nodes of a store, as a test wants them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/core/cluster.h"

namespace rtcroom {

/// @threads safe from any thread.
class FakeCluster : public Alone {
 public:
  /// Answers the next renewals; everything is granted otherwise.
  void AnswerRenewals(Result<NodeStanding> answer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    renewal_ = std::move(answer);
  }
  /// Answers the next reports: the heartbeats that each writes; all of them otherwise.
  void AnswerReports(Result<std::size_t> answer) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    reports_ = std::move(answer);
  }
  /// Another node claims the group, or releases it.
  void ClaimElsewhere(const RoomId& group) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    elsewhere_.insert(group.value);
  }
  void ReleaseElsewhere(const RoomId& group) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    elsewhere_.erase(group.value);
  }
  /// Whether this node has claimed the group.
  [[nodiscard]] bool IsClaimed(const RoomId& group) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return claims_.contains(group.value);
  }
  /// For how long it claimed the group, at most, last time; 0 if never.
  [[nodiscard]] std::chrono::milliseconds ClaimTime(const RoomId& group) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = claim_times_.find(group.value);
    return found == claim_times_.end() ? std::chrono::milliseconds(0) : found->second;
  }
  /// What each report was about.
  [[nodiscard]] std::vector<HeardBeats> told() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return told_;
  }
  [[nodiscard]] bool has_left() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return has_left_;
  }

  Result<NodeStanding> Renew() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return renewal_;
  }
  Result<std::size_t> Report(const HeardBeats& heard, std::size_t reported) override
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!reports_) return reports_.error();
    told_.push_back(heard);
    return std::min(reported + *reports_, heard.size());
  }
  Result<bool> ClaimGroup(const RoomId& group, std::chrono::milliseconds lasting) override
      EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (elsewhere_.contains(group.value)) return false;
    claims_.insert(group.value);
    claim_times_[group.value] = lasting;
    return true;
  }
  Status ReleaseGroup(const RoomId& group) override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    claims_.erase(group.value);
    return {};
  }
  Status Leave() override EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    has_left_ = true;
    return {};
  }

 private:
  mutable Mutex mutex_;
  Result<NodeStanding> renewal_ GUARDED_BY(mutex_) = NodeStanding{.terms = {1, 1, 1, 1}};
  Result<std::size_t> reports_ GUARDED_BY(mutex_) = std::numeric_limits<std::uint32_t>::max();
  std::set<std::string> elsewhere_ GUARDED_BY(mutex_);
  std::set<std::string> claims_ GUARDED_BY(mutex_);
  std::map<std::string, std::chrono::milliseconds> claim_times_ GUARDED_BY(mutex_);
  std::vector<HeardBeats> told_ GUARDED_BY(mutex_);
  bool has_left_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
