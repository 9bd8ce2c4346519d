#include "daemon/channel/account_group_saver.h"

#include <span>
#include <utility>
#include <vector>

namespace rtcroom {
namespace {

constexpr std::size_t kPerCommit = 1000;

}  // namespace

void AccountGroupSaver::Add(const AccountGroup& group) {
  const MutexLock lock(mutex_);
  if (waiting_.size() < kMaxWaiting) waiting_.insert_or_assign(KeyOf(group), group);
}

void AccountGroupSaver::Forget(const AccountGroup& group) {
  const MutexLock lock(mutex_);
  waiting_.erase(KeyOf(group));
}

Status AccountGroupSaver::Save() {
  std::vector<AccountGroupChange> changes;
  {
    const MutexLock lock(mutex_);
    for (auto& [key, group] : std::exchange(waiting_, {})) {
      changes.push_back({.group = std::move(group)});
    }
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
