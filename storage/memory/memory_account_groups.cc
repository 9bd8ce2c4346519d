#include "storage/memory/memory_account_groups.h"

#include <algorithm>

namespace rtcroom {

void MemoryAccountGroups::EndRoom(std::uint64_t room_number) {
  RemoveLocked([=](const AccountGroup& group) { return group.room_number == room_number; });
}

Result<std::vector<AccountGroup>> MemoryAccountGroups::ReadAccountGroups(const UserId& account) {
  const MutexLock lock(engine_.mutex);
  std::vector<AccountGroup> groups;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return groups;
  for (const auto& [place, group] : found->second) groups.push_back(group);
  std::ranges::sort(groups, JoinedBefore);
  return groups;
}

Result<std::vector<AccountGroup>> MemoryAccountGroups::ReadAccountsIn(std::uint64_t room_number,
                                                                      std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<AccountGroup> found;
  for (const auto& [account, groups] : accounts_) {
    if (found.size() == limit) break;
    if (const auto row = groups.find({room_number, 0}); row != groups.end()) {
      found.push_back(row->second);
    }
  }
  return found;
}

Status MemoryAccountGroups::RecordAccountGroups(std::span<const AccountGroupChange> changes) {
  const MutexLock lock(engine_.mutex);
  for (const auto& [group, is_removed, is_progress] : changes) {
    const std::uint64_t room = group.room_number;
    if (is_progress) {
      AdvanceLocked(group);
    } else if (!is_removed) {
      if (room == 0 || engine_.rooms_by_number.contains(room)) PutLocked(group);
    } else if (const auto found = accounts_.find(group.account); found != accounts_.end()) {
      found->second.erase({room, group.instance});
      if (found->second.empty()) accounts_.erase(found);
    }
  }
  for (auto& [account, groups] : accounts_) {
    while (groups.size() > kMaxOfAccount) {
      groups.erase(std::ranges::min_element(groups, GoesBefore, &Groups::value_type::second));
    }
  }
  return {};
}

void MemoryAccountGroups::PutLocked(const AccountGroup& group) {
  AccountGroup& stored = accounts_[group.account][{group.room_number, group.instance}];
  const std::uint64_t received = std::max(stored.received, group.received);
  const std::uint64_t read = std::max(stored.read, group.read);
  stored = group;
  stored.received = received;
  stored.read = read;
}

void MemoryAccountGroups::AdvanceLocked(const AccountGroup& group) {
  const auto account = accounts_.find(group.account);
  if (account == accounts_.end()) return;
  const auto row = account->second.find({group.room_number, group.instance});
  if (row == account->second.end()) return;
  row->second.received = std::max(row->second.received, group.received);
  row->second.read = std::max(row->second.read, group.read);
}

Result<std::size_t> MemoryAccountGroups::TrimAccountGroups(TimePoint ended_before) {
  const MutexLock lock(engine_.mutex);
  std::size_t removed = 0;
  RemoveLocked([&](const AccountGroup& group) {
    const bool goes = group.instance != 0 && group.expires < ended_before && removed < kMostPerTrim;
    if (goes) ++removed;
    return goes;
  });
  return engine_.MarkRemoval(ended_before, removed);
}

template <typename Predicate>
void MemoryAccountGroups::RemoveLocked(Predicate may_go) {
  for (auto& [account, groups] : accounts_) {
    std::erase_if(groups, [&](const auto& entry) { return may_go(entry.second); });
  }
  std::erase_if(accounts_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace rtcroom
