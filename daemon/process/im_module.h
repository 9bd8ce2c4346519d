// Everything between the configuration and the groups of the IM service.
#pragma once

#include <chrono>
#include <cstdint>

#include "daemon/auth/login_signer.h"
#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/random_source.h"
#include "daemon/config/config.h"
#include "daemon/core/commit_signal.h"
#include "daemon/core/delivery_store.h"
#include "daemon/core/store.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/im/im_admin_signature.h"
#include "daemon/im/im_call_budget.h"
#include "daemon/im/im_figures.h"
#include "daemon/im/im_probe.h"
#include "daemon/im/im_rest.h"
#include "daemon/im/im_sender.h"

namespace rtcroom {

/// Dependencies of the module, which they outlive.
struct ImModuleDeps {
  Store& store;
  DeliveryStore& deliveries;
  CommitSignal& enqueued;  ///< deliveries of `store`; the module is its only waiter
  Cluster& cluster;        ///< cluster on that store
  const NodeLease& node;
  const LoginSigner& signer;
  const Clock& clock;
  RandomSource& random;
  ImTallies& tallies;
  Logger& logger;
};

/// Has its own connections: a hanging IM service does not delay calls to other services.
///
/// @threads as `ImSender`.
class ImModule {
 public:
  ImModule(const ImConfig& config, const ImModuleDeps& deps);

  Status Start() { return sender_.Start(); }

  /// Ends the waits of creates, and sends nothing new.
  void Stop(std::chrono::milliseconds timeout);

  [[nodiscard]] ImGroups& groups() { return sender_; }
  [[nodiscard]] ImProbe& probe() { return probe_; }
  /// The result of `ImSender::ReadBacklog`.
  [[nodiscard]] ImBacklog ReadBacklog() { return sender_.ReadBacklog(); }

 private:
  HttplibOutgoing http_;
  ImAdminSignature signature_;
  ImCallBudget budget_;
  ImRest service_;
  ImProbe probe_;
  ImSender sender_;
};

}  // namespace rtcroom
