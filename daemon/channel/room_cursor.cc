#include "daemon/channel/room_cursor.h"

#include <charconv>

#include <fmt/format.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr std::size_t kEpochDigits = 16;

/// Takes `-<number>` off the front of `text`, in the only form that has no other.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (problem != std::errc() || (length > 1 && text.front() == '0')) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

}  // namespace

std::string RoomCursor::Encode() const {
  return fmt::format("{}-{}-{}-{}", epoch, room_number, at.event, at.message);
}

std::optional<RoomCursor> RoomCursor::Parse(std::string_view text) {
  const std::string_view epoch = text.substr(0, kEpochDigits);
  if (epoch.size() != kEpochDigits || !IsLowerHex(epoch)) return std::nullopt;
  text.remove_prefix(kEpochDigits);
  const std::optional<std::uint64_t> room_number = TakeNumber(text);
  if (!room_number) return std::nullopt;
  const std::optional<std::uint64_t> event = TakeNumber(text);
  if (!event) return std::nullopt;
  const std::optional<std::uint64_t> message = TakeNumber(text);
  if (!message || !text.empty()) return std::nullopt;
  return RoomCursor{.epoch = std::string(epoch),
                    .room_number = *room_number,
                    .at = {.event = *event, .message = *message}};
}

}  // namespace rtcroom
