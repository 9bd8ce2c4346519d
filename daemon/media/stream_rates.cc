#include "daemon/media/stream_rates.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rtcroom {
namespace {

/// More than any network brings: a counter may be any number.
constexpr double kMaxBitsPerSecond = 1e15;

}  // namespace

void StreamRates::Take(std::span<const ListedStream> streams, MonotonicTime taken_at) {
  const double seconds = std::chrono::duration<double>(taken_at - taken_at_).count();
  decltype(counts_) counts;
  for (const ListedStream& stream : streams) {
    Count count{.client = stream.client, .bytes = stream.bytes_in};
    const auto last = counts_.find(stream.name);
    const bool is_same = last != counts_.end() && last->second.client == stream.client &&
                         last->second.bytes <= stream.bytes_in;
    if (is_same && seconds > 0) {
      const auto bytes = static_cast<double>(stream.bytes_in - last->second.bytes);
      count.bits_per_second =
          static_cast<std::uint64_t>(std::min(bytes * 8 / seconds, kMaxBitsPerSecond));
    }
    counts.insert_or_assign(stream.name, std::move(count));
  }
  counts_ = std::move(counts);
  taken_at_ = taken_at;
}

std::optional<std::uint64_t> StreamRates::Of(std::string_view stream) const {
  const auto found = counts_.find(stream);
  return found == counts_.end() ? std::nullopt : found->second.bits_per_second;
}

}  // namespace rtcroom
