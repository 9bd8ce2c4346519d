// Accepted connections on their way from the thread that accepts to the workers.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "daemon/base/mutex.h"
#include "daemon/edge/file_descriptor.h"

namespace rtcroom {

struct AcceptedSocket {
  FileDescriptor socket = {};     ///< non-blocking
  std::string peer_address = {};  ///< numeric, without the port
};

/// A bounded queue that also tells workers when somebody waits for one of them.
///
/// A worker keeps its connection between two requests. Once all workers are kept like that, a
/// newcomer would wait for the idle timeout; instead as many idle connections as there are
/// newcomers give way.
///
/// @threads safe from any thread.
class AcceptQueue {
 public:
  explicit AcceptQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Queues the connection, or drops (closes) it when the queue is full or closed.
  void Push(AcceptedSocket accepted) EXCLUDES(mutex_);

  /// Waits for a connection; nothing when the queue is closed and empty.
  std::optional<AcceptedSocket> Pop() EXCLUDES(mutex_);

  /// True when a queued connection needs the caller's worker; the caller must then end its own
  /// connection and come back to `Pop`. One caller is told so for each that waits.
  [[nodiscard]] bool ShouldGiveWay() EXCLUDES(mutex_);

  /// Takes no more connections; `Pop` still hands out those that wait.
  void Close() EXCLUDES(mutex_);

 private:
  const std::size_t capacity_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<AcceptedSocket> waiting_ GUARDED_BY(mutex_);
  std::size_t idle_workers_ GUARDED_BY(mutex_) = 0;  ///< inside `Pop`
  std::size_t leaving_ GUARDED_BY(mutex_) = 0;       ///< told to give way, not yet in `Pop`
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
