// The userbuf of a UserSig that opens one room of the media service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/ids.h"

namespace rtcroom {

/// To make and enter the room, and to send and receive all there is.
inline constexpr std::uint32_t kAllRoomRights = 255;

/// What a user may do in one room, and how long.
/// @source protocol D.3.
struct UserBuf {
  UserId user_id{};  ///< at most 65535 bytes
  std::uint32_t sdk_app_id = 0;
  /// Its number, or its name of at most 65535 bytes.
  std::variant<std::uint32_t, std::string> room = 0U;
  std::uint32_t expires_at = 0;  ///< unix seconds
  std::uint32_t rights = 0;      ///< bits
  std::uint32_t account_type = 0;

  bool operator==(const UserBuf&) const = default;
};

/// The bytes of it: big-endian, no padding.
std::string EncodeUserBuf(const UserBuf& userbuf);

/// What `EncodeUserBuf` made `bytes` of; nothing when it made no such bytes.
std::optional<UserBuf> DecodeUserBuf(std::string_view bytes);

}  // namespace rtcroom
