#include "daemon/config/web_checks.h"

#include <algorithm>
#include <string>

#include "daemon/base/ip_address.h"
#include "daemon/config/config_checks.h"

namespace rtcroom {
namespace {

void CheckSessions(const Config& config, std::vector<ConfigProblem>& problems) {
  if (!HasMediaServer(config.live) || config.live.api == LiveApi::kSrs) {
    problems.push_back({"web.max_sessions",
                        "needs nginx-rtmp, where browsers' streams go: live.api, or "
                        "live.rtmp_callback_secret for its callbacks; SRS serves browsers "
                        "itself: web.srs_base_url",
                        ProblemScope::kServer});
  }
  if (config.grpc.listen.empty()) {
    problems.push_back({"web.max_sessions", "needs grpc.listen: web-worker serves over it",
                        ProblemScope::kServer});
  }
  const PortRange ports = ParsePortRange(config.web.ports);
  if (std::size_t{ports.last} - ports.first + 1 < config.web.max_sessions) {
    problems.push_back({"web.ports", "fewer than web.max_sessions: each session needs one"});
  }
}

}  // namespace

PortRange ParsePortRange(std::string_view text) {
  const std::size_t dash = text.find('-');
  return {.first = ParsePort(text.substr(0, dash)).value_or(0),
          .last = ParsePort(text.substr(dash + 1)).value_or(0)};
}

void CheckWeb(const Config& config, std::vector<ConfigProblem>& problems) {
  const WebConfig& web = config.web;
  if (web.max_sessions > 0) CheckSessions(config, problems);
  const bool has_relay = std::ranges::any_of(
      web.turn_urls, [](const std::string& url) { return url.starts_with("turn"); });
  if (has_relay && web.turn_secret.empty()) {
    problems.push_back(
        {"web.turn_secret", "missing: web.turn_urls needs it", ProblemScope::kServer});
  }
  if (!web.srs_base_url.empty() && config.live.api != LiveApi::kSrs) {
    problems.push_back({"web.srs_base_url", "needs srs as live.api", ProblemScope::kServer});
  }
}

}  // namespace rtcroom
