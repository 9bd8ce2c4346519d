// The parts of `App` that the console shows, and its URL.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/version.h"
#include "daemon/config/listen_address.h"
#include "daemon/process/app.h"

namespace rtcroom {
namespace {

/// The origin of a listener for a browser on this machine. Empty when there is none.
std::string OriginOf(std::string_view scheme, const std::string& bound_address) {
  const std::optional<std::string> address = ReachableFromHere(bound_address);
  return address ? std::string(scheme) + "://" + *address : std::string();
}

}  // namespace

void App::MakeConsole() {
  console_ =
      std::make_unique<Console>(ConsoleDeps{.access = *admin_access_,
                                            .store = *store_,
                                            .rooms = *rooms_,
                                            .leases = leases_,
                                            .stats = [this] { return ReadConsoleStats(); },
                                            .commits = console_commits_,
                                            .clock = clock_,
                                            .logger = logger_},
                                ConsoleFacts{.version = std::string(kVersion),
                                             .started_at = clock_.Now(),
                                             .heartbeat_timeout = config_.room.heartbeat_timeout,
                                             .im_enabled = im_ != nullptr,
                                             .http_origin = OriginOf("http", http_address()),
                                             .https_origin = OriginOf("https", https_address()),
                                             .api_prefix = config_.server.prefix});
  console_->AddRoutes(*admin_router_);
}

ConsoleStats App::ReadConsoleStats() const {
  return {.pushers = leases_.size(),
          .connections = connection_limiter_->total(),
          .waiting_requests = threads_->workers().waiting(),
          .watchers = watch_ == nullptr ? 0 : watch_->subscribers(),
          .im_pending_groups = im_ == nullptr ? 0 : im_->pending_groups(),
          .im_lag = im_ == nullptr ? 0 : im_->lag(),
          .totals = metrics_->Totals()};
}

std::string App::console_link() const {
  if (mode_ != RunMode::kDev || admin_ == nullptr) return {};
  std::string link = OriginOf("http", admin_->bound_address()) + "/console/";
  if (!dev_admin_token_.empty()) link += "#token=" + dev_admin_token_.Reveal();
  return link;
}

}  // namespace rtcroom
