#include "daemon/http/embedded_file.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace rtcroom {
namespace {

constexpr int kNotModified = 304;
constexpr int kMovedForGood = 308;

/// Whether the client already has this version.
/// @source RFC 9110 13.1.2: `*` matches any representation.
bool IsAmong(std::string_view if_none_match, std::string_view etag) {
  // A tag is a quoted digest, so it is never part of another tag.
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

std::string_view OriginOfUrl(std::string_view url) {
  const std::size_t host = url.find("://");
  return host == url.npos ? "" : url.substr(0, url.find('/', host + 3));
}

Headers PageHeaders(const PagePolicy& policy) {
  const std::string media = policy.media.empty() ? "" : " media-src " + policy.media + ";";
  const std::string worker = policy.worker.empty() ? "" : " worker-src " + policy.worker + ";";
  return {{"Content-Security-Policy",
           fmt::format("default-src 'none'; script-src 'self'; style-src {}; "
                       "img-src 'self' data:; connect-src {};{}{} base-uri 'none'; "
                       "form-action 'none'; frame-ancestors 'none'",
                       policy.style, policy.connect, media, worker)},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cache-Control", "no-cache"}};
}

HttpReply ReplyWith(const EmbeddedFile& file, const HttpRequest& request, Headers headers) {
  HttpReply reply{.headers = std::move(headers)};
  if (IsAmong(request.if_none_match, file.etag)) {
    reply.status = kNotModified;
  } else {
    reply.body = file.bytes;
  }
  reply.headers.emplace_back("Content-Type", file.media_type);
  reply.headers.emplace_back("ETag", file.etag);
  return reply;
}

HttpReply RedirectToFolder(std::string_view folder, Headers headers) {
  headers.emplace_back("Location", folder);
  return {.status = kMovedForGood,
          .headers = std::move(headers),
          .body = fmt::format(R"({{"code":0,"message":"see {}"}})", folder)};
}

}  // namespace rtcroom
