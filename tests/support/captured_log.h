// What was logged, as text.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include <stdlib.h>

namespace rtcroom {

/// A log in memory.
class CapturedLog {
 public:
  CapturedLog() : file_(::open_memstream(&text_, &size_)) {}
  ~CapturedLog() {
    std::fclose(file_);
    std::free(text_);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  [[nodiscard]] std::FILE* file() const { return file_; }
  [[nodiscard]] std::string Text() const {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* const file_;
};

}  // namespace rtcroom
