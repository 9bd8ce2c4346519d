#include "daemon/process/im_module.h"

namespace rtcroom {

ImModule::ImModule(const ImConfig& config, const ImModuleDeps& deps)
    : http_(deps.clock),
      signature_(deps.signer, {config.admin},
                 std::chrono::duration_cast<std::chrono::seconds>(config.user_sig_ttl), deps.clock),
      service_({.base_url = config.base_url, .sdk_app_id = config.sdk_app_id}, http_, signature_,
               deps.random, deps.clock, deps.logger),
      probe_({.base_url = config.base_url, .sdk_app_id = config.sdk_app_id}, http_, signature_,
             deps.random),
      sender_(
          {.store = deps.store,
           .deliveries = deps.deliveries,
           .service = service_,
           .budget = budget_,
           .enqueued = deps.enqueued,
           .cluster = deps.cluster,
           .node = deps.node,
           .clock = deps.clock,
           .random = deps.random,
           .tallies = deps.tallies,
           .logger = deps.logger},
          {.notify_via = config.notify_via, .maker = {.on_failure = config.on_create_failure}}) {}

void ImModule::Stop(std::chrono::milliseconds timeout) {
  sender_.Stop(timeout);
  http_.Stop();
}

}  // namespace rtcroom
