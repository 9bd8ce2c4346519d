// The workers that are connected to this server, and the choice of the one that gets an offer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/core/web_worker.h"

namespace rtcroom {

/// A worker that has refused an offer as full, or has not answered one in time, is paused: it is
/// not chosen for 5 s, which is as long as clients wait before they offer again, unless it has the
/// stream.
///
/// @threads for one thread at a time.
class WebWorkerPool {
 public:
  static constexpr std::chrono::seconds kPause{5};
  struct Worker {
    WebWorkerPtr link{};
    std::uint64_t number = 0;
    std::size_t max_sessions = 0;
    WebUsage usage{};
    MonotonicTime paused_until{};
  };
  /// Sessions of each worker.
  using Load = std::unordered_map<const WebWorkerLink*, std::size_t>;

  void Add(const WebWorkerPtr& link, std::size_t max_sessions);
  /// @return false: it is not there.
  bool Remove(const WebWorkerLink& link);
  void Clear() { all_.clear(); }
  void Pause(const WebWorkerLink& link, MonotonicTime now);
  void SetUsage(const WebWorkerLink& link, const WebUsage& usage);

  /// @param home  the worker that has the stream; null: none.
  /// @return null: none is connected, or all that may have the stream are full or paused.
  [[nodiscard]] WebWorkerPtr Choose(const WebStreamName& name, const WebWorkerPtr& home,
                                    const Load& load, MonotonicTime now) const;
  [[nodiscard]] const std::vector<Worker>& all() const { return all_; }

 private:
  Worker* Find(const WebWorkerLink& link);

  std::vector<Worker> all_;
  std::uint64_t last_number_ = 0;
};

}  // namespace rtcroom
