// What a request speaks, and in what the three protocols differ.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"

namespace rtcroom {

/// The two dialects of rooms, and webrtc_room, which is a service of its own (protocol B.8).
enum class Protocol : std::uint8_t { kGen1, kGen2, kWebrtc };
inline constexpr Protocol kAllProtocols[] = {Protocol::kGen1, Protocol::kGen2, Protocol::kWebrtc};

/// When a field that must be there is missing. One that is ill-typed always is.
enum class Presence : std::uint8_t {
  kTruthy,    ///< `""`, `0`, `false` and `null` are missing
  kKey,       ///< its key is not there; a text may be `""` or `null`, an id may not
  kNonEmpty,  ///< `""` and `null` are missing
};

/// What ids are made of.
enum class Ids : std::uint8_t {
  kPrintable,  ///< as in `IsIdText`
  kTrtc,       ///< users are letters, digits and `_`; rooms are numbers
};

/// What a push URL may be.
enum class PushUrls : std::uint8_t {
  kAny,
  kRtmpOrNone,  ///< an rtmp URL, or empty for a member who sends no stream
};

/// Which streams a user has.
enum class Streams : std::uint8_t {
  kOnePerUser,
  kOnePerUrl,  ///< each push URL is of a stream of its own
};

/// In what form mergeParams come.
enum class MergeParams : std::uint8_t {
  kObject,
  kObjectOrText,  ///< an object, or the text of one
};

/// How a protocol reads and answers what the handlers have in common. What differs in the rules of
/// rooms is in `RoomPolicy`; in codes and sentences, in protocol_codes.cc.
/// @source protocol A.2, A.4, B.2 to B.4, B.8, C.4, C.6.
struct Manners {
  Dialect dialect = Dialect::kGen1;  ///< of the rooms that it makes
  Presence presence = Presence::kTruthy;
  Ids ids = Ids::kPrintable;
  std::string_view info_name{};   ///< what it calls the text of a room,
  std::string_view info_alias{};  ///< and the name that counts when that one is missing
  Errc info_too_long = Errc::kBadRequest;
  PushUrls push_urls = PushUrls::kAny;
  Streams streams = Streams::kOnePerUser;
  MergeParams merge_params = MergeParams::kObject;
  bool zero_lists_all = false;  ///< a list of 0 rooms is one of all
  /// add_pusher answers roomID, and so does a refusal because the id is taken.
  bool names_room = false;
};

const Manners& MannersOf(Protocol protocol);

}  // namespace rtcroom
