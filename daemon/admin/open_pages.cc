#include "daemon/admin/open_pages.h"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/admin/admin_pages.h"
#include "daemon/admin/api_files.h"

namespace rtcroom {
namespace {

// The page has no script, so that it also serves browsers that have none: both languages are there.
constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rtcroomd</title>
<link rel="icon" href="/api/icon.svg">
<link rel="stylesheet" href="/api/theme.css">
<link rel="stylesheet" href="/api/page.css">
<main class="start">
<h1><img src="/api/icon.svg" alt="" width="32" height="32">rtcroomd {version}</h1>
<section>
<p>This is the port of the operators. Phones use another one.</p>
<ul>
<li>{console}
<li><a href="/api/">/api/</a>: every operation of the API, with its requests and replies
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/readyz">/readyz</a>: whether requests are served
<li><a href="/servez">/servez</a>: the same, without the time of a fail-over
<li><a href="/healthz">/healthz</a>: whether the process is alive
</ul>
</section>
<section lang="zh-CN">
<p>这是运维人员的端口，手机使用另一个端口。</p>
<ul>
<li>{console_zh}
<li><a href="/api/">/api/</a>：API 的全部操作及其请求和应答
<li><a href="/metrics">/metrics</a>：供 Prometheus 采集的指标
<li><a href="/readyz">/readyz</a>：是否正在处理请求
<li><a href="/servez">/servez</a>：同上，不计故障切换的时间
<li><a href="/healthz">/healthz</a>：进程是否存活
</ul>
</section>
</main>
</html>
)";

constexpr std::string_view kConsole =
    R"(<a href="/console/">/console/</a>: rooms, pushers, and what happens)";
constexpr std::string_view kNoConsole =
    "/console/: off; set <code>admin.token</code> in the configuration to switch it on";
constexpr std::string_view kConsoleZh =
    R"(<a href="/console/">/console/</a>：房间、推流成员和正在发生的事件)";
constexpr std::string_view kNoConsoleZh =
    "/console/：未启用；在配置中设置 <code>admin.token</code> 即可启用";

}  // namespace

void AddOpenPages(AdminRouter& router, std::string_view version, const AdminAccess& access) {
  router.Add({.path = "/",
              .guard = AdminRoute::Guard::kOpen,
              .handler = [version, &access](const HttpRequest&, AdminResponder& responder) {
                HttpReply reply{
                    .headers = {{"Content-Type", "text/html; charset=utf-8"},
                                {"Content-Security-Policy",
                                 "default-src 'none'; style-src 'self'; img-src 'self'; "
                                 "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
                                {"Cache-Control", "no-store"}}};
                const bool has_console = access.has_token();
                reply.body =
                    fmt::format(kPage, fmt::arg("version", version),
                                fmt::arg("console", has_console ? kConsole : kNoConsole),
                                fmt::arg("console_zh", has_console ? kConsoleZh : kNoConsoleZh));
                responder.Send({.http = std::move(reply)});
              }});
  // The reader adds styles while it runs, and searches in a worker that it makes of a text.
  AddPage(router, {.folder = "/api/",
                   .files = ApiFiles(),
                   .guard = AdminRoute::Guard::kOpen,
                   .headers = PageHeaders({.style = "'self' 'unsafe-inline'", .worker = "blob:"})});
}

}  // namespace rtcroom
