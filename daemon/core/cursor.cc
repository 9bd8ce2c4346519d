#include "daemon/core/cursor.h"

#include <fmt/format.h>

#include "daemon/base/parse_integer.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kEpochDigits = 16;

}  // namespace

std::string Cursor::Encode() const {
  if (epoch.empty()) return {};
  return fmt::format("{}-{}", epoch, position);
}

std::optional<Cursor> Cursor::Parse(std::string_view text) {
  if (text.empty()) return Start();
  if (text.size() < kEpochDigits + 2 || text[kEpochDigits] != '-') return std::nullopt;
  const std::string_view epoch = text.substr(0, kEpochDigits);
  if (!IsLowerHex(epoch)) return std::nullopt;

  const std::string_view digits = text.substr(kEpochDigits + 1);
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  const std::optional<std::uint64_t> position = ParseInteger<std::uint64_t>(digits);
  if (!position) return std::nullopt;
  return Cursor{.epoch = std::string(epoch), .position = *position};
}

}  // namespace rtcroom
