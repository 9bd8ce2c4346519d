// The three protocols and the differences between them.
#pragma once

#include <cstdint>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "handlers/shared/field_spec.h"

namespace rtcroom {

/// The two dialects of rooms, and webrtc_room, which is a separate service (protocol B.8).
enum class Protocol : std::uint8_t { kGen1, kGen2, kWebrtc };
inline constexpr Protocol kAllProtocols[] = {Protocol::kGen1, Protocol::kGen2, Protocol::kWebrtc};

/// The values with which a required field counts as missing. An ill-typed one always does.
enum class Presence : std::uint8_t {
  kTruthy,    ///< `""`, `0`, `false` and `null` are missing
  kKey,       ///< the key is absent; a text may be `""` or `null`, an id may not
  kNonEmpty,  ///< `""` and `null` are missing
};

/// The allowed form of ids.
enum class Ids : std::uint8_t {
  kPrintable,  ///< as in `IsIdText`
  kTrtc,       ///< users are letters, digits and `_`; rooms are numbers
};

/// The allowed push URLs.
enum class PushUrls : std::uint8_t {
  kAny,
  kRtmpOrNone,  ///< an rtmp URL, or empty for a member who sends no stream
};

/// How streams are counted for a user.
enum class Streams : std::uint8_t {
  kOnePerUser,
  kOnePerUrl,  ///< each push URL is a separate stream
};

/// The allowed forms of mergeParams.
enum class MergeParams : std::uint8_t {
  kObject,
  kObjectOrText,  ///< an object, or its JSON text
};

/// How a protocol reads and answers the parts that handlers share. Differences in room rules are in
/// `RoomPolicy`; in codes and messages, in protocol_codes.cc.
/// @source protocol A.2, A.4, B.2 to B.4, B.8, C.4, C.6.
struct ProtocolTraits {
  Dialect dialect = Dialect::kGen1;  ///< of the rooms that it creates
  Presence presence = Presence::kTruthy;
  Ids ids = Ids::kPrintable;
  FieldSpec info{};  ///< the text of a room
  Errc info_too_long = Errc::kBadRequest;
  PushUrls push_urls = PushUrls::kAny;
  Streams streams = Streams::kOnePerUser;
  MergeParams merge_params = MergeParams::kObject;
  bool zero_lists_all = false;  ///< a list of 0 rooms returns all
  /// add_pusher replies with roomID, as does a failure because the id is taken.
  bool names_room = false;
};

const ProtocolTraits& TraitsOf(Protocol protocol);

}  // namespace rtcroom
