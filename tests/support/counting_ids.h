// Predictable ids: room_00000001_0000, user_00000002_0000, ...
#pragma once

#include <atomic>
#include <string>

#include <fmt/format.h>

#include "daemon/core/id_source.h"

namespace rtcroom {

class CountingIds : public IdSource {
 public:
  RoomId NewRoomId() override { return {fmt::format("room_{:08x}_0000", ++count_)}; }
  RoomId NewRoomNumber() override { return {fmt::format("{}", ++count_)}; }
  UserId NewUserId() override { return {fmt::format("user_{:08x}_0000", ++count_)}; }
  std::string NewStreamSuffix() override { return fmt::format("{:08x}", ++count_); }

 private:
  std::atomic<unsigned> count_{0};
};

}  // namespace rtcroom
