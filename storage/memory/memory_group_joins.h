// Logins in groups in memory.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "daemon/core/group_join_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryGroupJoins : public GroupJoinStore {
 public:
  explicit MemoryGroupJoins(MemoryEngine& engine) : engine_(engine) {}

  Result<std::vector<GroupJoinChange>> LoadGroupJoins() override {
    std::vector<GroupJoinChange> joins;
    const MutexLock lock(engine_.mutex);
    for (const auto& [instance, join] : joins_) {
      joins.push_back({.instance = instance, .join = join});
    }
    return joins;
  }

  Status RecordGroupJoins(std::span<const GroupJoinChange> changes) override {
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

 private:
  MemoryEngine& engine_;
  std::unordered_map<std::uint64_t, GroupJoin> joins_ GUARDED_BY(engine_.mutex);
};

}  // namespace rtcroom
