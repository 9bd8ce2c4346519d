// A request and its reply, free of sockets and of any protocol above HTTP.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/secret.h"
#include "daemon/base/text.h"

namespace rtcroom {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Whether there is a header of that name, in any letter case.
inline bool HasHeader(const Headers& headers, std::string_view name) {
  return std::ranges::any_of(
      headers, [name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
}

/// The value of that header, in any letter case; empty when there is none.
inline std::string_view HeaderOf(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
  return found == headers.end() ? std::string_view() : found->second;
}

/// A client's wish to continue its connection with another protocol, each header as sent; several
/// of one name are comma separated.
/// @source RFC 9110 7.8, RFC 6455 4.1.
struct UpgradeOffer {
  std::string protocols{};             ///< `Upgrade`
  std::string web_socket_key{};        ///< `Sec-WebSocket-Key`
  std::string web_socket_version{};    ///< `Sec-WebSocket-Version`
  std::string web_socket_protocols{};  ///< `Sec-WebSocket-Protocol`
  std::string host{};                  ///< `Host`; empty when absent

  bool operator==(const UpgradeOffer&) const = default;
};

/// The entry of a handler's table that a request was resolved to; only the handler knows its type.
struct RouteEntry;
class RequestHandler;

/// One whole HTTP request.
struct HttpRequest {
  std::string method{};         ///< upper case, as sent
  std::string path{};           ///< percent-decoded once, without the query
  std::string query{};          ///< raw, without the `?`
  std::string content_type{};   ///< as sent; empty when absent
  std::string origin{};         ///< as sent; empty when absent
  std::string if_none_match{};  ///< the last one, likewise
  std::string if_match{};       ///< likewise
  bool accepts_html = false;    ///< named by `Accept`, not only by `*/*`: the client is a browser
  Secret authorization{};       ///< as sent; several are comma separated
  Headers kept{};               ///< those that the listener was told to keep, likewise
  /// The offer of a request of HTTP/1.1 without a body whose `Connection` lists `upgrade`, and not
  /// `close`: after it the connection can be upgraded (`Responder::Upgrade`).
  std::optional<UpgradeOffer> upgrade{};
  std::string body{};
  std::string peer_address{};  ///< numeric, of the client
  /// The time at which processing began: after parsing, earlier pipelined requests and pacing. The
  /// wait for a worker comes after it.
  MonotonicTime begun{};
  std::string request_id{};  ///< set by the handler, or with the route
  /// Set by `HttpHandler::Resolve` where several share a listener: the one that answers.
  RequestHandler* handler = nullptr;
  const RouteEntry* route = nullptr;  ///< set by `RequestHandler::Resolve`
};

struct HttpReply {
  int status = 200;
  Headers headers{};   ///< without a content type the body is JSON
  std::string body{};  ///< empty only for 204 and 304
};

}  // namespace rtcroom
