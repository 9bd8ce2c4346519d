#include "daemon/media/recorded_name.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/parse_integer.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

std::optional<RecordedName> ParseRecordedName(std::string_view file) {
  constexpr std::string_view kExtension = ".flv";
  constexpr std::size_t kMaxSecondsDigits = 11;
  constexpr std::size_t kMaxDigits = 14;
  if (!file.ends_with(kExtension)) return std::nullopt;
  file.remove_suffix(kExtension.size());
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  const std::size_t dash = file.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view stream = file.substr(0, dash);
  const std::string_view digits = file.substr(dash + 1);
  if (!IsStreamName(stream) || digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  const std::optional<std::uint64_t> time = ParseInteger<std::uint64_t>(digits);
  if (!time) return std::nullopt;
  const auto count = static_cast<std::int64_t>(*time);
  const std::chrono::milliseconds since_epoch =
      digits.size() > kMaxSecondsDigits ? std::chrono::milliseconds(count)
                                        : std::chrono::milliseconds(std::chrono::seconds(count));
  return RecordedName{.stream = std::string(stream), .started_at = TimePoint(since_epoch)};
}

}  // namespace rtcroom
