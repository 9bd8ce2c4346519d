// A text that must never be printed.
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {

/// Holds a key, a password or a token. Streams and fmt print it as `***`; the text is accessible
/// only through `Reveal`, which is easy to find in a review.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& Reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

}  // namespace rtcroom

template <>
struct fmt::formatter<rtcroom::Secret> : fmt::formatter<fmt::string_view> {
  template <typename FormatContext>
  auto format(const rtcroom::Secret&, FormatContext& context) const {
    return fmt::formatter<fmt::string_view>::format("***", context);
  }
};
