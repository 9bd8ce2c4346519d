#include "handlers/welcome_page.h"

#include <span>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "daemon/base/percent_encoding.h"
#include "daemon/http/embedded_file.h"
#include "handlers/welcome_files.h"

namespace rtcroom {
namespace {

// The page is one reply, with its look in it: here, any other path is one of the room API.
constexpr std::string_view kPage = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>rtcroomd</title>
<link rel="icon" href="data:image/svg+xml,{icon}">
<style>{style}</style>
<main class="start">
<h1><img src="data:image/svg+xml,{icon}" alt="" width="32" height="32">rtcroomd</h1>
<section>
<p>A room server for mini-programs: two-party calls, meetings and live rooms. It is running, and
this is its address for clients. They send POST requests to
<code>{prefix}/&lt;kind&gt;/&lt;endpoint&gt;</code>.</p>
<ul>
{demo}{admin}<li>Its documents come with its source: the client guide for authors of clients, the protocol, and
the operators' guide.
</ul>
</section>
<section lang="zh-CN">
<p>小程序的房间服务器：双人通话、多人会议和直播间。服务器正在运行，这里是供客户端使用的地址。客户端向
<code>{prefix}/&lt;kind&gt;/&lt;endpoint&gt;</code> 发送 POST 请求。</p>
<ul>
{demo_zh}{admin_zh}<li>文档随源代码提供：面向客户端作者的客户端指南、协议说明，以及运维手册。
</ul>
</section>
</main>
</html>
)";

constexpr std::string_view kDemo = R"(<li><a href="/demo/">/demo/</a>: an example, for two windows
)";
constexpr std::string_view kDemoZh =
    R"(<li><a href="/demo/">/demo/</a>：示例页面，请在两个窗口中打开
)";
// The origin is of the configuration's syntax for addresses, without characters of HTML.
constexpr std::string_view kAdmin =
    R"(<li><a href="{0}/api/">{0}/api/</a>: every operation of the API, with its requests and replies
<li><a href="{0}/">{0}/</a>: the pages of the operator
)";
constexpr std::string_view kAdminZh =
    R"(<li><a href="{0}/api/">{0}/api/</a>：全部接口，及其请求和响应
<li><a href="{0}/">{0}/</a>：运维人员的页面
)";
constexpr std::string_view kNoAdmin =
    "<li>The port of the operator has a page with every operation of the API.\n";
constexpr std::string_view kNoAdminZh = "<li>全部接口的说明页面在运维端口上。\n";

std::string PageOf(const WelcomeFacts& facts) {
  const auto admin = [&facts](std::string_view known, std::string_view unknown) {
    return facts.admin_origin.empty() ? std::string(unknown)
                                      : fmt::format(fmt::runtime(known), facts.admin_origin);
  };
  const std::span<const EmbeddedFile> files = WelcomeFiles();
  std::string style;
  for (const EmbeddedFile& file : files.subspan(1)) style += file.bytes;
  return fmt::format(
      kPage, fmt::arg("icon", PercentEncode(files.front().bytes)), fmt::arg("style", style),
      fmt::arg("prefix", facts.prefix), fmt::arg("demo", facts.demo ? kDemo : ""),
      fmt::arg("demo_zh", facts.demo ? kDemoZh : ""), fmt::arg("admin", admin(kAdmin, kNoAdmin)),
      fmt::arg("admin_zh", admin(kAdminZh, kNoAdminZh)));
}

Headers HeadersOf() {
  Headers headers = PageHeaders({.style = "'unsafe-inline'"});
  headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  headers.emplace_back("Vary", "Accept");
  return headers;
}

}  // namespace

WelcomePage::WelcomePage(const WelcomeFacts& facts) : page_(PageOf(facts)), headers_(HeadersOf()) {}

bool WelcomePage::Serves(const HttpRequest& request) const {
  return request.accepts_html && request.path == "/" && request.method == "GET";
}

void WelcomePage::Handle(HttpRequest& /*request*/, Responder& responder) {
  responder.Send({.headers = headers_, .body = page_});
}

}  // namespace rtcroom
