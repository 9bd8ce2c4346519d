// Passes the bytes of a streamed reply to the connection's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// Holds written bytes until the connection takes them, and counts the bytes that the connection
/// has not sent yet: the sum is bounded.
///
/// @threads safe from any thread.
class StreamQueue {
 public:
  enum class PutOutcome : std::uint8_t {
    kQueued,   ///< the connection has already been notified
    kFirst,    ///< the caller must notify the connection
    kTooMuch,  ///< not queued, nor will later bytes be: the caller must notify the connection
    kClosed,   ///< not queued: the queue is closed
  };

  /// @param most  maximum bytes held for the client at a time.
  /// @param low   the mark of `RecordUnsent`.
  explicit StreamQueue(std::size_t most, std::size_t low = 0) : most_(most), low_(low) {}

  PutOutcome Put(std::string_view bytes) EXCLUDES(mutex_);

  /// The connection is about to `Take`: until then nothing notifies it.
  void ExpectTake() EXCLUDES(mutex_);
  /// All queued bytes; the next `Put` returns `kFirst` again.
  std::string Take() EXCLUDES(mutex_);
  /// Sets how many of the taken bytes are not sent yet.
  /// @return whether at most `low` bytes are held for the client now, after more were.
  bool RecordUnsent(std::size_t bytes) EXCLUDES(mutex_);
  /// Discards the queued bytes.
  void Close() EXCLUDES(mutex_);

  [[nodiscard]] bool closed() const EXCLUDES(mutex_);
  /// Whether a `Put` exceeded the limit.
  [[nodiscard]] bool overflown() const EXCLUDES(mutex_);
  /// Bytes held for the client.
  [[nodiscard]] std::size_t held() const EXCLUDES(mutex_);

 private:
  const std::size_t most_;
  const std::size_t low_;
  mutable Mutex mutex_;
  std::string waiting_ GUARDED_BY(mutex_);
  std::size_t unsent_ GUARDED_BY(mutex_) = 0;
  bool is_high_ GUARDED_BY(mutex_) = false;  ///< more than `low_` bytes were held
  bool announced_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool overflown_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
