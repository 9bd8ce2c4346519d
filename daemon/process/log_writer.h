// The log on its way out of the process.
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

/// Writes lines to a descriptor from a thread of its own, so that a reader of the log that stops
/// reading holds up nobody. Lines wait in order, in a bounded queue. When that is full a line takes
/// the place of the oldest ones of the lowest level below its own; where there are none, it is
/// dropped itself. A line that cannot be written is dropped, too.
///
/// The thread takes no signals: a reader that has gone is an error of the line, not a SIGPIPE.
///
/// @threads safe from any thread, but for its end.
class LogWriter : public LogOutput {
 public:
  /// What waits in the queue, in bytes, with what the queue itself needs for each line.
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{1} << 20U;
  static constexpr std::chrono::seconds kPatience{1};

  /// @param descriptor  not closed; may be non-blocking. Must stay open until the process ends.
  /// @throws std::system_error when there is no thread to be had.
  explicit LogWriter(int descriptor, std::size_t max_waiting_bytes = kMaxWaitingBytes);
  /// Waits for the lines that were written, for `kPatience` at most. A thread that still waits for
  /// the reader then is left behind, for the end of the process.
  ~LogWriter() override;
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void Write(LogLevel level, std::string_view line) override;
  [[nodiscard]] std::uint64_t dropped(LogLevel level) const override;

  /// Waits until every line has left the process.
  /// @return false when some had not within `patience`.
  bool Flush(std::chrono::milliseconds patience = kPatience) const;

 private:
  class State;

  /// Shared with the thread, which may outlive this.
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace rtcroom
