// The properties of a request for log and metrics.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "handlers/shared/protocol.h"

namespace rtcroom {

struct RequestLabel {
  std::string_view endpoint = "unknown";  ///< a name of the route table: static storage
  std::optional<RoomKind> kind{};
  std::optional<Dialect> dialect{};     ///< nullopt for webrtc rooms, too
  Protocol protocol = Protocol::kGen1;  ///< of the reply; gen-1 until it is known
  int code = 0;                         ///< the protocol's
  std::optional<Errc> failure{};        ///< set when the code is not 0
  std::string failure_detail{};         ///< for the log
};

}  // namespace rtcroom
