// Limits on responses of outside services before they reach the HTTP library.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace rtcroom {

/// Inspects a response's bytes before the library, which accepts a head of any length, and whose
/// regular expression for the status line uses stack in proportion to its length.
///
/// @threads one thread.
class AnswerGuard {
 public:
  static constexpr std::size_t kMaxFirstLine = 256;

  /// @param max_bytes  of the whole response: head, framing and body.
  explicit AnswerGuard(std::size_t max_bytes) : left_(max_bytes) {}

  /// @return false when these bytes make the response unacceptable: too long, with too long a
  ///         status line, or an interim response (1xx): no request asks for one, and the library
  ///         would take it for the final response, and the final one for the next call's.
  [[nodiscard]] bool Admits(std::string_view bytes) {
    if (bytes.size() > left_) return false;
    left_ -= bytes.size();
    if (first_line_is_over_) return true;
    const std::size_t end = bytes.find('\n');
    first_line_is_over_ = end != std::string_view::npos;
    first_line_.append(bytes.substr(0, std::min(end, kMaxFirstLine + 1)));
    if (first_line_.size() > kMaxFirstLine) return false;
    constexpr std::size_t kBehindVersion = std::string_view("HTTP/1.1 ").size();
    return first_line_.size() <= kBehindVersion || first_line_[kBehindVersion] != '1';
  }

 private:
  std::size_t left_;
  std::string first_line_{};
  bool first_line_is_over_ = false;
};

}  // namespace rtcroom
