#include "handlers/shared/cors.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr int kNoContent = 204;

std::string_view WithoutEnd(std::string_view text, std::string_view end) {
  if (text.ends_with(end)) text.remove_suffix(end.size());
  return text;
}

/// Whether a page of that origin is of the host, with the same port.
bool IsOfHost(std::string_view origin, std::string_view host) {
  struct Scheme {
    std::string_view begin;
    std::string_view usual_port;  ///< some clients write it, others do not
  };
  for (const auto& [begin, usual_port] : {Scheme{"http://", ":80"}, Scheme{"https://", ":443"}}) {
    if (!StartsWithIgnoringCase(origin, begin)) continue;
    return EqualsIgnoringCase(WithoutEnd(origin.substr(begin.size()), usual_port),
                              WithoutEnd(host, usual_port));
  }
  return false;
}

}  // namespace

Cors::Cors(std::vector<std::string> origins)
    : origins_(std::move(origins)), any_origin_(std::ranges::count(origins_, "*") > 0) {}

bool Cors::Allows(std::string_view origin) const {
  return any_origin_ || std::ranges::count(origins_, origin) > 0;
}

bool Cors::AllowsSocket(std::string_view origin, std::string_view host) const {
  return Allows(origin) || (!host.empty() && IsOfHost(origin, host));
}

void Cors::AddOrigin(std::string_view origin, Headers& headers) const {
  if (any_origin_) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else if (!origin.empty() && Allows(origin)) {
    headers.emplace_back("Access-Control-Allow-Origin", origin);
    headers.emplace_back("Vary", "Origin");
  }
}

HttpReply Cors::Preflight() {
  return {.status = kNoContent,
          .headers = {{"Access-Control-Allow-Methods", "OPTIONS, GET, PUT, POST, DELETE"},
                      {"Access-Control-Allow-Headers",
                       "x-requested-with, accept, origin, content-type, authorization, baggage, "
                       "sentry-trace, traceparent, tracestate"},
                      {"Access-Control-Max-Age", "300"}}};
}

}  // namespace rtcroom
