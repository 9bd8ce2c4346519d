// How much media each stream brings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/base/clock.h"
#include "daemon/base/sip_hash.h"
#include "daemon/media/stream_server.h"

namespace rtcroom {

/// The bit rates between the last two lists of streams.
///
/// @threads for one thread at a time.
class StreamRates {
 public:
  /// @param taken_at  when the list was made; later than that of the last one, which it replaces.
  void Take(std::span<const ListedStream> streams, MonotonicTime taken_at);

  /// The rate in bits per second; nullopt unless the same client was in both lists.
  [[nodiscard]] std::optional<std::uint64_t> Of(std::string_view stream) const;

 private:
  struct Count {
    std::string client{};
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> bits_per_second{};
  };

  std::unordered_map<std::string, Count, NameHash, std::equal_to<>> counts_;
  MonotonicTime taken_at_{};
};

}  // namespace rtcroom
