// The userbuf of a UserSig that grants access to one room of the media service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/core/ids.h"

namespace rtcroom {

/// The userbuf of a login ticket that was issued without proof of an identity. It is not that of a
/// room key: their first byte is 0 or 1.
/// @source protocol D.3.
inline constexpr std::string_view kAnonymousUserBuf = "anonymous";

/// Create and enter the room, send and receive all streams.
inline constexpr std::uint32_t kAllRoomRights = 255;

/// A user's rights in one room, and their expiry.
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

/// Its encoding: big-endian, no padding.
std::string EncodeUserBuf(const UserBuf& userbuf);

/// Decodes an output of `EncodeUserBuf`; nullopt for any other bytes.
std::optional<UserBuf> DecodeUserBuf(std::string_view bytes);

}  // namespace rtcroom
