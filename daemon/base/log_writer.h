// Asynchronous log output.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

#include "daemon/base/logger.h"

namespace rtcroom {

/// Writes lines to a descriptor from a separate thread, so that a stalled log reader does not block
/// the server. Lines wait in order, in a bounded queue. When it is full, a line replaces the oldest
/// ones of the lowest level below its own; if there are none, the new line is dropped. A line that
/// cannot be written is dropped, too.
///
/// The thread takes no signals: a closed reader is an error of the line, not a SIGPIPE.
///
/// @threads safe from any thread, except destruction.
class LogWriter {
 public:
  /// Maximum bytes in the queue, including the queue's overhead for each line.
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{1} << 20U;
  static constexpr std::chrono::seconds kFlushTimeout{1};

  /// @param descriptor  not closed; may be non-blocking. Must stay open until the process ends.
  /// @throws std::system_error when no thread can be created.
  explicit LogWriter(int descriptor, std::size_t max_waiting_bytes = kMaxWaitingBytes);
  /// Waits for the queued lines, for `kFlushTimeout` at most. A thread that is then still blocked
  /// on the reader is detached, until the process ends.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Does not block.
  /// @param line  complete, with its newline; valid during the call.
  void Write(LogLevel level, std::string_view line);

  /// Dropped lines of that level since the start.
  [[nodiscard]] std::uint64_t dropped(LogLevel level) const;

  /// Waits until every line is written.
  /// @return false when some were not within `timeout`.
  bool Flush(std::chrono::milliseconds timeout = kFlushTimeout) const;

 private:
  class State;

  /// Shared with the thread, which may outlive this object.
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace rtcroom
