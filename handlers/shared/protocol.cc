#include "handlers/shared/protocol.h"

#include <array>
#include <cstddef>

namespace rtcroom {
namespace {

/// The traits are in the order of the enumerators.
constexpr std::array<ProtocolTraits, std::size(kAllProtocols)> kTraits = {{
    {.dialect = Dialect::kGen1,
     .presence = Presence::kTruthy,
     .ids = Ids::kPrintable,
     .info = field::kRoomName,
     .info_too_long = Errc::kBadRequest,
     .push_urls = PushUrls::kAny,
     .streams = Streams::kOnePerUser,
     .merge_params = MergeParams::kObject,
     .zero_lists_all = true,
     .names_room = false},
    {.dialect = Dialect::kGen2,
     .presence = Presence::kKey,
     .ids = Ids::kPrintable,
     .info = field::kRoomInfo,
     .info_too_long = Errc::kInfoTooLong,
     .push_urls = PushUrls::kRtmpOrNone,
     .streams = Streams::kOnePerUrl,
     .merge_params = MergeParams::kObjectOrText,
     .zero_lists_all = false,
     .names_room = true},
    {.dialect = Dialect::kGen2,
     .presence = Presence::kNonEmpty,
     .ids = Ids::kTrtc,
     .info = field::kRoomInfo,
     .info_too_long = Errc::kInfoTooLong,
     .push_urls = PushUrls::kRtmpOrNone,
     .streams = Streams::kOnePerUrl,
     .merge_params = MergeParams::kObjectOrText,
     .zero_lists_all = false,
     .names_room = false},
}};

}  // namespace

const ProtocolTraits& TraitsOf(Protocol protocol) {
  return kTraits.at(static_cast<std::size_t>(protocol));
}

}  // namespace rtcroom
