// The link to the IM service: everything between the configuration and the groups.
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
#include "daemon/im/im_observer.h"
#include "daemon/im/im_probe.h"
#include "daemon/im/im_rest.h"
#include "daemon/im/im_sender.h"

namespace rtcroom {

/// What the link works with; all of it outlives the link.
struct ImModuleDeps {
  Store& store;
  DeliveryStore& deliveries;
  CommitSignal& enqueued;  ///< of `store`; the link is its only waiter
  const LoginSigner& signer;
  const Clock& clock;
  RandomSource& random;
  ImObserver& observer;
  Logger& logger;
};

/// Its connections are its own: a service that hangs takes nothing from calls to others.
///
/// @threads as `ImSender`.
class ImModule {
 public:
  ImModule(const ImConfig& config, const ImModuleDeps& deps);

  Status Start() { return sender_.Start(); }

  /// No create waits any longer, and nothing new is sent.
  void Stop(std::chrono::milliseconds timeout);

  [[nodiscard]] ImGroups& groups() { return sender_; }
  [[nodiscard]] ImProbe& probe() { return probe_; }
  [[nodiscard]] std::uint64_t pending_groups() { return sender_.pending_groups(); }
  [[nodiscard]] std::uint64_t lag() { return sender_.lag(); }

 private:
  HttplibOutgoing http_;
  ImAdminSignature signature_;
  ImCallBudget budget_;
  ImRest service_;
  ImProbe probe_;
  ImSender sender_;
};

}  // namespace rtcroom
