// The log output as text.
#pragma once

#include <array>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace rtcroom {

/// A log in an unnamed file.
///
/// @threads other threads may write to `file` while `Text` reads.
class CapturedLog {
 public:
  CapturedLog() : file_(std::tmpfile()) {}
  ~CapturedLog() { std::fclose(file_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  [[nodiscard]] std::FILE* file() const { return file_; }

  /// Everything logged so far.
  [[nodiscard]] std::string Text() const {
    std::fflush(file_);
    // Bypasses the stream, whose position is the write position.
    std::string text;
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t got =
          ::pread(::fileno(file_), piece.data(), piece.size(), static_cast<off_t>(text.size()));
      if (got <= 0) return text;
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::FILE* const file_;
};

}  // namespace rtcroom
