// The signed tokens of the message channel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_reach.h"

namespace rtcroom {

/// One login of an account: what an `a2` proves.
struct ChannelInstance {
  UserId account{};            ///< 1 to 64 bytes
  std::uint64_t instance = 0;  ///< distinguishes logins of the same millisecond
  TimePoint logged_in{};
  TimePoint expires{};  ///< from then on it is refused
  RoomReach reach = RoomReach::kAll;

  bool operator==(const ChannelInstance&) const = default;
};

/// The tokens that the client of a login is given.
struct LoginTokens {
  std::string tiny_id{};
  std::string a2{};
  ChannelInstance instance{};  ///< what they prove
};

/// The place of an instance in the group of a room: what the `Key` of a room's poll proves.
struct RoomKeyClaims {
  std::uint64_t instance = 0;  ///< `ChannelInstance::instance`
  RoomKey room{};
  std::uint64_t room_number = 0;  ///< `Room::sequence`
  std::uint64_t joined_seq = 0;   ///< position at which it joined: nothing before it is given
  std::uint64_t serial = 0;       ///< distinguishes the joins of an instance
  /// `Room::last_event` at the join, where only members of the room may be in the group: the key is
  /// good for the stay of then.
  std::optional<std::uint64_t> joined_event{};

  bool operator==(const RoomKeyClaims&) const = default;
};

/// Makes and reads tokens that every node with the same key accepts, also after a restart. Nothing
/// is looked up; whether an instance was kicked is not in them.
///
/// A token is its content and a code of 128 bits over content and purpose (HMAC-SHA256), in
/// lower-case hex. Its content is not secret. Each value has exactly one text.
///
/// @threads immutable.
/// @source docs/channel.md, 1 and 3.
class ChannelTokens {
 public:
  /// @param key  of at least 128 bits; whoever knows it can log in as any account.
  explicit ChannelTokens(const Secret& key) : key_(key) {}

  /// An `a2` of 82 to 208 characters.
  [[nodiscard]] std::string SignInstance(const ChannelInstance& instance) const;

  /// The instance that `a2` was signed for; nullopt unless `tinyid` is that of its account and it
  /// has not expired at `now`.
  [[nodiscard]] std::optional<ChannelInstance> ReadInstance(std::string_view a2,
                                                            std::string_view tinyid,
                                                            TimePoint now) const;

  /// The instance's number that a text begins with, if it is an `a2`: unverified.
  [[nodiscard]] static std::uint64_t NumberIn(std::string_view a2);

  /// 98 to 194 characters; 16 more with `joined_event`, which a version before this one refuses.
  [[nodiscard]] std::string SignRoomKey(const RoomKeyClaims& claims) const;

  /// The claims that `text` was signed for; nullopt for any other text.
  [[nodiscard]] std::optional<RoomKeyClaims> ReadRoomKey(std::string_view text) const;

  /// A decimal number below 2^63: a hash of the account that only a holder of the key can compute.
  [[nodiscard]] std::string TinyIdOf(const UserId& account) const;

 private:
  HmacKey key_;
};

}  // namespace rtcroom
