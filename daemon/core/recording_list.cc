#include "daemon/core/recording_list.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/percent_encoding.h"

namespace rtcroom {
namespace {

constexpr std::size_t kDigits = 16;

/// 16 hex digits.
std::optional<std::int64_t> ParseHex(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): bounded by `end`
  const auto [stopped, failure] = std::from_chars(text.data(), end, number, 16);
  if (failure != std::errc() || stopped != end) return std::nullopt;
  const auto value = static_cast<std::int64_t>(number);
  if (value < 0) return std::nullopt;
  return value;
}

}  // namespace

Result<RecordingsFound> FindRecordings(RecordingStore& store, RecordingQuery query) {
  // Reads one more than requested, to detect another page.
  const std::size_t limit = query.limit++;
  Result<std::vector<Recording>> listed = store.ListRecordings(query);
  if (!listed) return listed.error();
  RecordingsFound found{.recordings = *std::move(listed)};
  if (found.recordings.size() > limit) {
    found.recordings.resize(limit);
    found.next = PositionOf(found.recordings.back());
  }
  return found;
}

std::string EncodeRecordingPosition(const RecordingPosition& position) {
  return fmt::format("{:0{}x}{:0{}x}", position.ended_at.time_since_epoch().count(), kDigits,
                     position.number, kDigits);
}

std::optional<RecordingPosition> ParseRecordingPosition(std::string_view text) {
  if (text.size() != 2 * kDigits) return std::nullopt;
  const std::optional<std::int64_t> ended_at = ParseHex(text.substr(0, kDigits));
  const std::optional<std::int64_t> number = ParseHex(text.substr(kDigits));
  if (!ended_at || !number) return std::nullopt;
  const RecordingPosition position{.ended_at = TimePoint(std::chrono::milliseconds(*ended_at)),
                                   .number = static_cast<std::uint64_t>(*number)};
  if (EncodeRecordingPosition(position) != text) return std::nullopt;
  return position;
}

std::string RecordingUrl(std::string_view base_url, const Recording& recording) {
  if (base_url.empty()) return {};
  if (base_url.ends_with('/')) base_url.remove_suffix(1);
  return fmt::format("{}/{}", base_url, PercentEncode(recording.file, "/"));
}

}  // namespace rtcroom
