#include <algorithm>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/section_config.h"
#include "daemon/config/listen_address.h"

namespace rtcroom {
namespace {

// A ready server answers in milliseconds; whoever runs the check again has waited long enough.
constexpr std::chrono::seconds kTimeout{3};

struct Target {
  std::string base_url = {};
  std::string path = {};
};

// `http://host/path` in its two parts.
std::optional<Target> SplitUrl(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return std::nullopt;
  const std::size_t host = url.find("://") + 3;
  const std::size_t slash = std::min(url.find('/', host), url.size());
  if (slash == host) return std::nullopt;
  return Target{.base_url = url.substr(0, slash),
                .path = slash == url.size() ? "/" : url.substr(slash)};
}

// Where the admin listener is found from this machine.
std::optional<Target> AdminTarget(const std::string& listen) {
  std::optional<ListenAddress> address = ParseListenAddress(listen);
  if (!address || address->port == 0) return std::nullopt;
  const bool v6 = address->host.find(':') != std::string::npos;
  if (address->IsWildcard()) address->host = v6 ? "::1" : "127.0.0.1";
  const std::string host = v6 ? fmt::format("[{}]", address->host) : address->host;
  return Target{.base_url = fmt::format("http://{}:{}", host, address->port), .path = "/readyz"};
}

}  // namespace

int RunHealthCheck(const std::optional<std::string>& url, const ConfigPath& path,
                   const CliContext& context) {
  std::optional<Target> target;
  if (url) {
    target = SplitUrl(*url);
    if (!target) context.err << "--url: must be http://HOST or https://HOST with a path\n";
  } else if (const std::optional<Config> config = LoadSection("admin", path, context)) {
    target = AdminTarget(config->admin.listen);
    if (!target) context.err << "admin.listen: its port is not known before the start: use --url\n";
  }
  if (!target) return kExitUsage;
  const Result<OutgoingReply> reply = context.http.Get(target->base_url, target->path, kTimeout);
  if (!reply) {
    context.err << "not ready: " << reply.error().detail << '\n';
    return kExitFailed;
  }
  if (reply->status != 200) {
    context.err << "not ready: HTTP status " << reply->status << '\n';
    return kExitFailed;
  }
  context.out << "ready\n";
  return kExitOk;
}

}  // namespace rtcroom
