// Identities of rooms and users as distinct types.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

/// Maximum length of an id in bytes.
/// @source protocol 0.3.
inline constexpr std::size_t kMaxRoomIdBytes = 48;
inline constexpr std::size_t kMaxUserIdBytes = 64;

/// 1 to 48 bytes of printable ASCII (checked where requests are read). It is also the GroupId
/// of the room's IM group, which has no kind: hence an id is taken while any kind holds it.
struct RoomId {
  std::string value{};
  auto operator<=>(const RoomId&) const = default;
};

/// 1 to 64 bytes of printable ASCII (checked where requests are read).
struct UserId {
  std::string value{};
  auto operator<=>(const UserId&) const = default;
};

/// The numbers are stored: never reuse one.
enum class RoomKind : std::uint8_t { kDouble = 1, kMulti = 2, kLive = 3, kWebrtc = 4 };
inline constexpr RoomKind kAllRoomKinds[] = {RoomKind::kDouble, RoomKind::kMulti, RoomKind::kLive,
                                             RoomKind::kWebrtc};

/// The generation of the protocol that a request or a room speaks. The numbers are stored.
enum class Dialect : std::uint8_t { kGen1 = 1, kGen2 = 2 };

/// The identity by which a request names a room: it matches only a room of the same kind.
struct RoomKey {
  RoomKind kind = RoomKind::kDouble;
  RoomId id{};
  auto operator<=>(const RoomKey&) const = default;
};

/// Whether `text` is a valid id: printable ASCII without space and without characters that would
/// break a URL or a path. This excludes the prefix `@TGS#` of the IM service's own groups. The
/// empty text is not an id.
/// @source protocol 0.3.
bool IsIdText(std::string_view text);
/// Whether a room, or a user, can have that id.
inline bool IsRoomIdText(std::string_view text) {
  return text.size() <= kMaxRoomIdBytes && IsIdText(text);
}
inline bool IsUserIdText(std::string_view text) {
  return text.size() <= kMaxUserIdBytes && IsIdText(text);
}

/// "double", "multi", "live", "webrtc": for logs and metrics.
std::string_view RoomKindName(RoomKind kind);
/// "gen1", "gen2": for logs and metrics.
std::string_view DialectName(Dialect dialect);

std::ostream& operator<<(std::ostream& out, const RoomId& id);
std::ostream& operator<<(std::ostream& out, const UserId& id);
std::ostream& operator<<(std::ostream& out, RoomKind kind);
std::ostream& operator<<(std::ostream& out, Dialect dialect);
std::ostream& operator<<(std::ostream& out, const RoomKey& key);

}  // namespace rtcroom

template <>
struct std::hash<rtcroom::RoomId> {
  std::size_t operator()(const rtcroom::RoomId& id) const { return rtcroom::NameHash()(id.value); }
};
template <>
struct std::hash<rtcroom::UserId> {
  std::size_t operator()(const rtcroom::UserId& id) const { return rtcroom::NameHash()(id.value); }
};
