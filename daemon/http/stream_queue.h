// Bytes of a streamed reply on their way to the thread that sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// Holds what was written until its connection takes it, and counts what the connection could not
/// send yet: both together are bounded.
///
/// @threads safe from any thread.
class StreamQueue {
 public:
  enum class PutOutcome : std::uint8_t {
    kQueued,   ///< the connection is going to look for it
    kFirst,    ///< likewise, as soon as it is told that there is something
    kTooMuch,  ///< it was not taken, and nothing more will be: the connection is to be told
    kClosed,   ///< nothing is taken any more
  };

  /// @param most  bytes held for the client at a time.
  explicit StreamQueue(std::size_t most) : most_(most) {}

  PutOutcome Put(std::string_view bytes) EXCLUDES(mutex_);

  /// All that waits; the next `Put` is `kFirst` again.
  std::string Take() EXCLUDES(mutex_);
  /// How much of what was taken is not sent yet.
  void NoteUnsent(std::size_t bytes) EXCLUDES(mutex_);
  /// Forgets what waits.
  void Close() EXCLUDES(mutex_);

  [[nodiscard]] bool closed() const EXCLUDES(mutex_);
  /// Whether more was put than may wait.
  [[nodiscard]] bool overflown() const EXCLUDES(mutex_);
  /// Bytes held for the client.
  [[nodiscard]] std::size_t held() const EXCLUDES(mutex_);

 private:
  const std::size_t most_;
  mutable Mutex mutex_;
  std::string waiting_ GUARDED_BY(mutex_);
  std::size_t unsent_ GUARDED_BY(mutex_) = 0;
  bool announced_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool overflown_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
