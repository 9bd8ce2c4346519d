#include <chrono>

#include "daemon/cli/admin_target.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/section_config.h"

namespace rtcroom {
namespace {

// A ready server answers in milliseconds; callers repeat the check, so a longer timeout has no use.
constexpr std::chrono::seconds kProbeTimeout{3};

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
    // At an address of this machine, without TLS, there is hardly another reason.
    const bool is_absent = !url && reply.error().code == Errc::kUnreachable;
    context.err << "not ready: "
                << (is_absent ? "nothing listens on " + target->base_url : reply.error().detail)
                << '\n';
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
