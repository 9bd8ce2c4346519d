// Requests and replies, independent of any HTTP library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/core/ids.h"
#include "handlers/protocol.h"

namespace rtcroom {

/// One complete HTTP request, as the edge read it.
struct HttpRequest {
  std::string method{};         ///< upper case, as sent
  std::string path{};           ///< percent-decoded once, without the query
  std::string query{};          ///< raw, without the `?`
  std::string content_type{};   ///< as sent; empty when absent
  std::string origin{};         ///< as sent; empty when absent
  std::string if_none_match{};  ///< likewise
  Secret authorization{};       ///< as sent; repeated headers are joined with commas
  std::string body{};
  std::string peer_address{};
  /// When processing began: after parsing, earlier pipelined requests and pacing. Any later wait
  /// counts as server time.
  MonotonicTime begun{};
  std::string request_id{};
};

/// How the log and the metrics label a request.
struct RequestLabel {
  std::string_view endpoint = "unknown";  ///< a name of the route table: static storage
  std::optional<RoomKind> kind{};
  std::optional<Dialect> dialect{};  ///< nullopt for webrtc rooms, too
  /// The protocol of the reply's codes and messages; gen-1 until it is known.
  Protocol protocol = Protocol::kGen1;
  int code = 0;                   ///< the protocol's
  std::optional<Errc> failure{};  ///< the reason, when the code is not 0
  std::string failure_detail{};   ///< for the log
};

struct HttpReply {
  int status = 200;
  /// Without a content type the body is JSON.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};  ///< empty only for 204 and 304
  RequestLabel label{};
};

}  // namespace rtcroom
