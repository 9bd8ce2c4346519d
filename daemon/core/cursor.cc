#include "daemon/core/cursor.h"

#include <charconv>

#include <fmt/format.h>

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
  std::uint64_t position = 0;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Cursor{.epoch = std::string(epoch), .position = position};
}

}  // namespace rtcroom
