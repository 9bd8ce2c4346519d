// Clients of a media server: ffmpeg, which sends or receives a stream.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// ffmpeg, with little to encode.
///
/// @threads for one thread.
class StreamProgram {
 public:
  explicit StreamProgram(std::vector<std::string> arguments)
      : child_({.program = RTCROOM_FFMPEG,
                .arguments = std::move(arguments),
                .stdout_file = folder_.path() / "out",
                .stderr_file = folder_.path() / "out"}) {}

  void Signal(int signal) const { child_.Signal(signal); }
  [[nodiscard]] bool HasEnded() {
    return child_.WaitForExit(std::chrono::milliseconds(0)).has_value();
  }
  /// @return the exit code; nullopt when it goes on.
  std::optional<int> WaitForEnd() { return child_.WaitForExit(); }
  [[nodiscard]] std::string Output() const { return ReadWholeFile(folder_.path() / "out"); }

 private:
  const TempDirectory folder_;
  ChildProcess child_;
};

/// Sends a test picture until the media server disconnects it, which is an error for it, or for two
/// minutes.
class StreamPusher : public StreamProgram {
 public:
  explicit StreamPusher(const std::string& url)
      : StreamProgram({"-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i",
                       "color=size=64x48:rate=5", "-t", "120", "-c:v", "flv1", "-g", "5", "-f",
                       "flv", url}) {}
};

/// Plays a second of a stream, and leaves.
class StreamViewer : public StreamProgram {
 public:
  // Looking for the format and for further tracks would take seconds of so small a stream.
  explicit StreamViewer(const std::string& url)
      : StreamProgram({"-nostdin", "-v", "error", "-analyzeduration", "100000", "-f", "flv", "-i",
                       url, "-t", "1", "-f", "null", "-"}) {}
};

}  // namespace rtcroom
