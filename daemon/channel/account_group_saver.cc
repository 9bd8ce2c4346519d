#include "daemon/channel/account_group_saver.h"

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
  Status outcome;
  std::span<const AccountGroupChange> left = changes;
  while (!left.empty()) {
    const std::span<const AccountGroupChange> some =
        left.first(left.size() < kPerCommit ? left.size() : kPerCommit);
    left = left.subspan(some.size());
    if (Status stored = groups_.RecordAccountGroups(some); !stored) outcome = std::move(stored);
  }
  return outcome;
}

}  // namespace rtcroom
