#include "daemon/im/im_link.h"

namespace rtcroom {

ImLink::ImLink(const ImConfig& config, const ImLinkParts& parts)
    : http_(parts.clock),
      signature_(parts.signer, {config.admin},
                 std::chrono::duration_cast<std::chrono::seconds>(config.user_sig_ttl),
                 parts.clock),
      service_({.base_url = config.base_url, .sdk_app_id = config.sdk_app_id}, http_, signature_,
               parts.random, parts.clock, parts.logger),
      probe_({.base_url = config.base_url, .sdk_app_id = config.sdk_app_id}, http_, signature_,
             parts.random),
      sender_(
          {.store = parts.store,
           .deliveries = parts.deliveries,
           .service = service_,
           .budget = budget_,
           .enqueued = parts.enqueued,
           .clock = parts.clock,
           .random = parts.random,
           .observer = parts.observer,
           .logger = parts.logger},
          {.notify_via = config.notify_via, .maker = {.on_failure = config.on_create_failure}}) {}

void ImLink::Stop(std::chrono::milliseconds patience) {
  sender_.Stop(patience);
  http_.Stop();
}

}  // namespace rtcroom
