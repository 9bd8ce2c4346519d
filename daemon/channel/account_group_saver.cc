#include "daemon/channel/account_group_saver.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace rtcroom {
namespace {

constexpr std::size_t kPerCommit = 1000;

}  // namespace

void AccountGroupSaver::Add(const AccountGroupChange& change) {
  const MutexLock lock(mutex_);
  if (waiting_.size() < kMaxWaiting) waiting_.insert_or_assign(KeyOf(change.group), change);
}

Status AccountGroupSaver::Remove(std::span<const AccountGroup> groups) {
  std::vector<AccountGroupChange> changes;
  {
    const MutexLock lock(mutex_);
    for (const AccountGroup& group : groups) {
      waiting_.erase(KeyOf(group));
      changes.push_back({.group = group, .is_removed = true});
    }
  }
  return changes.empty() ? Status() : groups_.RecordAccountGroups(changes);
}

Status AccountGroupSaver::Save() {
  std::vector<AccountGroupChange> changes;
  {
    const MutexLock lock(mutex_);
    for (auto& [key, change] : std::exchange(waiting_, {})) changes.push_back(std::move(change));
  }
  std::span<const AccountGroupChange> left = changes;
  while (!left.empty()) {
    const std::span<const AccountGroupChange> some = left.first(std::min(left.size(), kPerCommit));
    if (Status stored = groups_.RecordAccountGroups(some); !stored) {
      const MutexLock lock(mutex_);
      for (const AccountGroupChange& change : left) {
        if (waiting_.size() < kMaxWaiting) waiting_.try_emplace(KeyOf(change.group), change);
      }
      return stored;
    }
    left = left.subspan(some.size());
  }
  return {};
}

}  // namespace rtcroom
