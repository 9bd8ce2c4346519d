// Logging of clients that were refused for lack of a valid ticket or token.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "handlers/shared/address_rations.h"
#include "handlers/shared/request_label.h"

namespace rtcroom {

/// Logs refusals at info, rationed by address. The line holds no part of the ticket or token.
///
/// @threads safe from any thread.
class RefusedCallers {
 public:
  /// Both outlive this object.
  RefusedCallers(const Clock& clock, Logger& logger) : rations_(clock), logger_(logger) {}

  /// No effect for a request that was not refused for that reason.
  /// @param peer_address  numeric, of the client.
  /// @param label         of the reply.
  void Record(std::string_view request_id, const std::string& peer_address,
              const RequestLabel& label);

 private:
  AddressRations rations_;
  Logger& logger_;
};

}  // namespace rtcroom
