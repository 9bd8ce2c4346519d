#include <chrono>
#include <string>

#include "daemon/cli/admin_target.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/section_config.h"

namespace rtcroom {
namespace {

// A ready server answers in milliseconds; callers repeat the check, so a longer timeout has no use.
constexpr std::chrono::seconds kProbeTimeout{3};

std::string WhyNoReply(const Error& error, const std::string& base_url, bool is_local) {
  if (error.code != Errc::kUnreachable) return error.detail;
  // At an address of this machine, without TLS, there is hardly another reason.
  if (is_local) return "nothing listens on " + base_url;
  return "cannot connect to " + base_url + " (" + error.detail + ")";
}

}  // namespace

int RunHealthCheck(const std::optional<std::string>& url, const ConfigPath& path,
                   const CliContext& context) {
  std::optional<UrlParts> target;
  if (url) {
    target = SplitUrl(*url);
    if (!target) context.err << "--url: must be http://HOST or https://HOST with a path\n";
  } else if (const std::optional<Config> config = LoadSection("admin", path, context)) {
    const std::optional<std::string> base_url = AdminBaseUrl(config->admin.listen);
    if (base_url) target = UrlParts{.base_url = *base_url, .path = "/readyz"};
    if (!target) context.err << "admin.listen: its port is not known before the start: use --url\n";
  }
  if (!target) return kExitUsage;
  const Result<OutgoingReply> reply =
      context.http.Get(target->base_url, target->path, kProbeTimeout);
  if (!reply) {
    context.err << "not ready: " << WhyNoReply(reply.error(), target->base_url, !url) << '\n';
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
