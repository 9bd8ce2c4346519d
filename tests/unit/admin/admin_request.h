// Calls to handlers of the admin listener, without a socket.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "daemon/admin/admin_responder.h"
#include "tests/support/recorded_reply.h"

namespace rtcroom {

/// The right to answer into `sink`.
/// @param id  of the request; empty: it is not logged.
inline AdminResponder ResponderTo(std::shared_ptr<ReplySink> sink, const Clock& clock,
                                  Logger& logger, std::string id = {}) {
  return {Responder(std::move(sink), 0), {.id = std::move(id)}, clock, logger};
}

}  // namespace rtcroom
