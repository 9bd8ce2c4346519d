// The connected workers that have the media of browsers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "daemon/core/web_session_table.h"
#include "daemon/core/web_worker.h"

namespace rtcroom {

/// @threads for one thread at a time.
class WebWorkerSet {
 public:
  void Add(const WebWorkerPtr& worker, std::size_t max_sessions);
  /// @return false: it is not there.
  bool Remove(const WebWorkerLink& worker) { return workers_.erase(&worker) > 0; }
  /// Null: it is not there.
  [[nodiscard]] WebWorkerPtr Find(const WebWorkerLink& worker) const;
  /// The worker of a stream, or else one for it.
  /// @param replaced  the session whose place a new one takes; null: none.
  /// @return null: none is connected, or all that may have the stream are full.
  [[nodiscard]] WebWorkerPtr Choose(const WebStreamName& name, const WebSessionTable& sessions,
                                    const WebSession* replaced) const;
  [[nodiscard]] std::vector<WebWorkerPtr> All() const;
  [[nodiscard]] bool empty() const { return workers_.empty(); }
  [[nodiscard]] std::size_t size() const { return workers_.size(); }

 private:
  struct Worker {
    WebWorkerPtr link{};
    std::uint64_t number = 0;
    std::size_t max_sessions = 0;
  };
  [[nodiscard]] bool HasPlace(const WebWorkerLink& worker, const WebSessionTable& sessions,
                              const WebSession* replaced) const;

  std::unordered_map<const WebWorkerLink*, Worker> workers_;
  std::uint64_t last_ = 0;
};

}  // namespace rtcroom
