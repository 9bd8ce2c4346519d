// Request IDs for the log.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {

/// Counts requests over all listeners: `<prefix>-1`, `<prefix>-2`, ... in hexadecimal.
///
/// @threads safe from any thread.
class RequestIds {
 public:
  /// @param prefix  distinguishes runs of the program that write to the same log.
  explicit RequestIds(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string Next() { return fmt::format("{}-{:x}", prefix_, ++count_); }

 private:
  const std::string prefix_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace rtcroom
