#include "daemon/admin/console_pages.h"

#include <memory>
#include <string_view>
#include <utility>

#include "daemon/admin/console_assets.h"

namespace rtcroom {
namespace {

constexpr std::string_view kPage = "/console/index.html";
constexpr int kNotModified = 304;
constexpr int kMovedForGood = 308;

/// Whether the client already has this version.
/// @source RFC 9110 13.1.2: `*` matches any representation.
bool IsAmong(std::string_view if_none_match, std::string_view etag) {
  // A tag is a quoted digest, so it is never part of another tag.
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

/// Headers that allow no scripts but the console's own, and no requests but to this server.
Headers PageHeaders(const PageOrigins& origins) {
  std::string connect = "'self'";
  for (const std::string& origin : origins.api) connect += " " + origin;
  const std::string media = origins.media.empty() ? "" : " media-src " + origins.media + ";";
  return {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
       " connect-src " +
           connect + ";" + media + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-cache"}};
}

}  // namespace

void AddConsolePages(AdminRouter& router, const PageOrigins& origins) {
  const auto headers = std::make_shared<const Headers>(PageHeaders(origins));
  const auto add = [&](std::string_view path, const ConsoleAsset& asset) {
    router.Add({.path = path,
                .guard = AdminRoute::Guard::kConsole,
                .handler = [headers, asset](const HttpRequest& request, AdminResponder& responder) {
                  HttpReply reply{.headers = *headers};
                  if (IsAmong(request.if_none_match, asset.etag)) {
                    reply.status = kNotModified;
                  } else {
                    reply.body = asset.bytes;
                  }
                  reply.headers.emplace_back("Content-Type", asset.media_type);
                  reply.headers.emplace_back("ETag", asset.etag);
                  responder.Send({.http = std::move(reply)});
                }});
  };
  for (const ConsoleAsset& asset : ConsoleAssets()) {
    add(asset.path, asset);
    if (asset.path == kPage) add("/console/", asset);
  }
  router.Add({.path = "/console",
              .guard = AdminRoute::Guard::kConsole,
              .handler = [headers](const HttpRequest&, AdminResponder& responder) {
                HttpReply reply{.status = kMovedForGood,
                                .headers = *headers,
                                .body = R"({"code":0,"message":"see /console/"})"};
                reply.headers.emplace_back("Location", "/console/");
                responder.Send({.http = std::move(reply)});
              }});
}

}  // namespace rtcroom
