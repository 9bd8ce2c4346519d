#include "storage/memory/memory_accounts.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace rtcroom {

void MemoryAccounts::EndRoom(std::uint64_t room_number) {
  RemoveLocked([=](const AccountGroup& group) { return group.room_number == room_number; });
}

Result<std::vector<AccountGroup>> MemoryAccounts::ReadAccountGroups(const UserId& account) {
  const MutexLock lock(engine_.mutex);
  std::vector<AccountGroup> groups;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return groups;
  for (const auto& [place, group] : found->second) groups.push_back(group);
  std::ranges::sort(groups, JoinedBefore);
  return groups;
}

Result<std::vector<AccountGroup>> MemoryAccounts::ReadAccountsIn(std::uint64_t room_number,
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

Status MemoryAccounts::RecordAccountGroups(std::span<const AccountGroupChange> changes) {
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

void MemoryAccounts::PutLocked(const AccountGroup& group) {
  AccountGroup& stored = accounts_[group.account][{group.room_number, group.instance}];
  const AccountGroup before = std::exchange(stored, group);
  stored.Advance(before);
}

void MemoryAccounts::AdvanceLocked(const AccountGroup& group) {
  const auto account = accounts_.find(group.account);
  if (account == accounts_.end()) return;
  const auto row = account->second.find({group.room_number, group.instance});
  if (row != account->second.end()) row->second.Advance(group);
}

Result<std::size_t> MemoryAccounts::TrimAccountGroups(TimePoint ended_before) {
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
void MemoryAccounts::RemoveLocked(Predicate may_go) {
  for (auto& [account, groups] : accounts_) {
    std::erase_if(groups, [&](const auto& entry) { return may_go(entry.second); });
  }
  std::erase_if(accounts_, [](const auto& entry) { return entry.second.empty(); });
}

// Read positions

Result<std::vector<ReadPosition>> MemoryAccounts::ReadPositionsOf(const UserId& reader,
                                                                  std::size_t limit) {
  const MutexLock lock(engine_.mutex);
  std::vector<ReadPosition> read = ReadByLocked(reader);
  if (read.size() > limit) read.resize(limit);
  return read;
}

Result<std::vector<ReadPosition>> MemoryAccounts::ReadPositionsFor(
    const UserId& peer, std::span<const UserId> readers) {
  const MutexLock lock(engine_.mutex);
  std::vector<ReadPosition> read;
  for (const UserId& reader : readers) {
    const auto found = positions_.find({reader, peer});
    if (found != positions_.end()) read.push_back({reader, peer, found->second});
  }
  return read;
}

Status MemoryAccounts::RecordReadPositions(std::span<const ReadPosition> positions) {
  const MutexLock lock(engine_.mutex);
  std::set<UserId> readers;
  for (const auto& [reader, peer, until] : positions) {
    TimePoint& stored = positions_.try_emplace({reader, peer}, until).first->second;
    stored = std::max(stored, until);
    readers.insert(reader);
  }
  for (const UserId& reader : readers) {
    const std::vector<ReadPosition> of_reader = ReadByLocked(reader);
    for (std::size_t i = kMaxOfReader; i < of_reader.size(); ++i) {
      positions_.erase({reader, of_reader[i].peer});
    }
  }
  return {};
}

Result<std::size_t> MemoryAccounts::TrimReadPositions(TimePoint as_of, TimePoint before) {
  const MutexLock lock(engine_.mutex);
  std::size_t removed = 0;
  std::erase_if(positions_, [&](const auto& entry) {
    const bool goes = entry.second < before && removed < kMostPerTrim;
    if (goes) ++removed;
    return goes;
  });
  return engine_.MarkRemoval(as_of, removed);
}

std::vector<ReadPosition> MemoryAccounts::ReadByLocked(const UserId& reader) const {
  std::vector<ReadPosition> read;
  for (auto place = positions_.lower_bound({reader, {}});
       place != positions_.end() && place->first.first == reader; ++place) {
    read.push_back({reader, place->first.second, place->second});
  }
  std::ranges::sort(read, std::greater(), &ReadPosition::until);
  return read;
}

// Logins that poll

Result<std::vector<GroupJoinChange>> MemoryAccounts::LoadGroupJoins() {
  std::vector<GroupJoinChange> joins;
  const MutexLock lock(engine_.mutex);
  for (const auto& [instance, join] : joins_) {
    joins.push_back({.instance = instance, .join = join});
  }
  return joins;
}

Status MemoryAccounts::RecordGroupJoins(std::span<const GroupJoinChange> changes) {
  const MutexLock lock(engine_.mutex);
  for (const auto& [instance, join] : changes) {
    if (join) {
      joins_.insert_or_assign(instance, *join);
    } else {
      joins_.erase(instance);
    }
  }
  return {};
}

}  // namespace rtcroom
