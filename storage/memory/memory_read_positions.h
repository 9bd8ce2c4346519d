// What accounts have read of each other's messages, in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "daemon/core/read_position_store.h"
#include "storage/memory/memory_engine.h"

namespace rtcroom {

/// @threads safe from any thread.
class MemoryReadPositions : public ReadPositionStore {
 public:
  explicit MemoryReadPositions(MemoryEngine& engine) : engine_(engine) {}

  Result<std::vector<ReadPosition>> ReadPositionsOf(const UserId& reader,
                                                    std::size_t limit) override {
    const MutexLock lock(engine_.mutex);
    std::vector<ReadPosition> read = OfLocked(reader);
    if (read.size() > limit) read.resize(limit);
    return read;
  }

  Result<std::vector<ReadPosition>> ReadPositionsFor(const UserId& peer,
                                                     std::span<const UserId> readers) override {
    const MutexLock lock(engine_.mutex);
    std::vector<ReadPosition> read;
    for (const UserId& reader : readers) {
      const auto found = positions_.find({reader, peer});
      if (found != positions_.end()) read.push_back({reader, peer, found->second});
    }
    return read;
  }

  Status RecordReadPositions(std::span<const ReadPosition> positions) override {
    const MutexLock lock(engine_.mutex);
    std::set<UserId> readers;
    for (const auto& [reader, peer, until] : positions) {
      TimePoint& stored = positions_.try_emplace({reader, peer}, until).first->second;
      stored = std::max(stored, until);
      readers.insert(reader);
    }
    for (const UserId& reader : readers) {
      const std::vector<ReadPosition> of_reader = OfLocked(reader);
      for (std::size_t i = kMaxOfReader; i < of_reader.size(); ++i) {
        positions_.erase({reader, of_reader[i].peer});
      }
    }
    return {};
  }

  Result<std::size_t> TrimReadPositions(TimePoint as_of, TimePoint before) override {
    const MutexLock lock(engine_.mutex);
    std::size_t removed = 0;
    std::erase_if(positions_, [&](const auto& entry) {
      const bool goes = entry.second < before && removed < kMostPerTrim;
      if (goes) ++removed;
      return goes;
    });
    return engine_.MarkRemoval(as_of, removed);
  }

 private:
  /// The latest first.
  [[nodiscard]] std::vector<ReadPosition> OfLocked(const UserId& reader) const
      REQUIRES(engine_.mutex) {
    std::vector<ReadPosition> read;
    for (auto place = positions_.lower_bound({reader, {}});
         place != positions_.end() && place->first.first == reader; ++place) {
      read.push_back({reader, place->first.second, place->second});
    }
    std::ranges::sort(read, std::greater(), &ReadPosition::until);
    return read;
  }

  MemoryEngine& engine_;
  /// By reader and peer.
  std::map<std::pair<UserId, UserId>, TimePoint> positions_ GUARDED_BY(engine_.mutex);
};

}  // namespace rtcroom
