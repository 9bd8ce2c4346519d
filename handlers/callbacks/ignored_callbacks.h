// Callbacks that are refused, or ignored, before they change anything.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/tally.h"
#include "handlers/callbacks/callback_request.h"
#include "handlers/shared/address_rations.h"

namespace rtcroom {

/// Counts them, and logs them: one line each, but those of senders that prove nothing are rationed
/// by address.
///
/// All callbacks are counted by call, "publish", "update", "publish_end", "play", "recorded" or
/// "other", and of clouds "live", "trtc" or "im", and by result: "accepted", "refused", or
/// "denied": not from a genuine sender.
///
/// @threads safe from any thread.
class IgnoredCallbacks {
 public:
  /// All outlive this object.
  IgnoredCallbacks(Tally& counted, const Clock& clock, Logger& logger)
      : counted_(counted), rations_(clock), logger_(logger) {}

  /// @param address  numeric, of the sender.
  void Record(std::string_view call, const std::string& address, const CallbackReply& reply);

 private:
  Tally& counted_;
  AddressRations rations_;
  Logger& logger_;
};

}  // namespace rtcroom
