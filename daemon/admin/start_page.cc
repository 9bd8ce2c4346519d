#include "daemon/admin/start_page.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rtcroomd</title>
<h1>rtcroomd {version}</h1>
<p>This is the port of the operators. Phones use another one.</p>
<ul>
<li>{console}
<li><a href="/api/">/api/</a>: every operation of the API, with its requests and replies
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/readyz">/readyz</a>: whether requests are served
<li><a href="/servez">/servez</a>: the same, without the time of a fail-over
<li><a href="/healthz">/healthz</a>: whether the process is alive
</ul>
</html>
)";

constexpr std::string_view kConsole =
    R"(<a href="/console/">/console/</a>: rooms, pushers, and what happens)";
constexpr std::string_view kNoConsole =
    "/console/: off; set <code>admin.token</code> in the configuration to switch it on";

}  // namespace

AdminRoute StartPage(std::string_view version, const AdminAccess& access) {
  return {.path = "/",
          .guard = AdminRoute::Guard::kOpen,
          .handler = [version, &access](const HttpRequest&, AdminResponder& responder) {
            HttpReply reply{.headers = {{"Content-Type", "text/html; charset=utf-8"},
                                        {"Content-Security-Policy",
                                         "default-src 'none'; base-uri 'none'; form-action 'none'; "
                                         "frame-ancestors 'none'"},
                                        {"Cache-Control", "no-store"}}};
            reply.body =
                fmt::format(kPage, fmt::arg("version", version),
                            fmt::arg("console", access.has_token() ? kConsole : kNoConsole));
            responder.Send({.http = std::move(reply)});
          }};
}

}  // namespace rtcroom
