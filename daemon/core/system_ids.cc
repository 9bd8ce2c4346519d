#include "daemon/core/system_ids.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace rtcroom {
namespace {

std::string NewId(std::string_view prefix, RandomSource& random) {
  const std::string drawn = RandomHex(random, 6);
  const std::string_view hex = drawn;
  return fmt::format("{}_{}_{}", prefix, hex.substr(0, 8), hex.substr(8));
}

}  // namespace

RoomId SystemIds::NewRoomId() { return {NewId("room", random_)}; }

RoomId SystemIds::NewRoomNumber() {
  constexpr std::uint32_t kMost = 0x7fffffff;
  std::uint32_t number = 0;
  while (number == 0) number = RandomUint32(random_) & kMost;
  return {std::to_string(number)};
}

UserId SystemIds::NewUserId() { return {NewId("user", random_)}; }

std::string SystemIds::NewStreamSuffix() { return RandomHex(random_, 4); }

std::string NewEpoch(RandomSource& random) { return RandomHex(random, 8); }

}  // namespace rtcroom
