// The services that handlers use.
#pragma once

#include "daemon/auth/admission.h"
#include "daemon/auth/login_service.h"
#include "daemon/auth/login_signer.h"
#include "daemon/auth/private_map_key_signer.h"
#include "daemon/auth/sessions.h"
#include "daemon/base/clock.h"
#include "daemon/core/id_source.h"
#include "daemon/core/room_limits.h"
#include "daemon/core/room_service.h"
#include "daemon/core/stream_urls.h"
#include "daemon/core/viewer_leases.h"
#include "daemon/media/stream_mixer.h"
#include "handlers/rooms/utils_services.h"
#include "handlers/shared/second_looks.h"
#include "handlers/web/web_addresses.h"

namespace rtcroom {

/// The services are not owned; all of them are safe from any thread and outlive the `Router`.
struct Services {
  RoomService& rooms;
  LoginService& logins;
  Sessions& sessions;
  const LoginSigner&
      webrtc_ticket_signer;  ///< tickets for webrtc rooms, valid one hour (protocol B.8)
  const PrivateMapKeySigner& private_map_keys;
  const StreamUrlSigner& streams;
  const Clock& clock;
  IdSource& ids;
  Admission& admission;
  RoomLimits limits{};                   ///< those of `rooms`
  SecondLooks* looks = nullptr;          ///< null: only this server uses the store, and no reasons
  StreamMixer* mixer = nullptr;          ///< null: merge_stream fails
  const UtilsServices* utils = nullptr;  ///< null: the endpoints that need it do not exist
  ViewerLeases* viewers = nullptr;       ///< null: signs of viewers do not count
  const WebAddresses* web = nullptr;     ///< null: browsers neither publish nor play
};

}  // namespace rtcroom
