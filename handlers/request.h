// What a client asked and what it is answered, free of any HTTP library.
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

/// One whole HTTP request, as the edge read it.
struct HttpRequest {
  std::string method{};         ///< upper case, as sent
  std::string path{};           ///< percent-decoded once, without the query
  std::string query{};          ///< raw, without the `?`
  std::string content_type{};   ///< as sent; empty when absent
  std::string origin{};         ///< as sent; empty when absent
  std::string if_none_match{};  ///< likewise
  Secret authorization{};       ///< as sent; those of a request that has several, comma separated
  std::string body{};
  std::string peer_address{};
  /// When its turn came: it was whole by then, what was asked before it on the same connection was
  /// answered, and a pace had been kept. What it waits for from then on is the server's doing.
  MonotonicTime begun{};
  std::string request_id{};
};

/// What the log and the metrics say of a request.
struct RequestLabel {
  std::string_view endpoint = "unknown";  ///< a name of the route table: static storage
  std::optional<RoomKind> kind{};
  std::optional<Dialect> dialect{};  ///< none for webrtc rooms, too
  /// In whose words it is answered; gen-1's as long as nobody knows.
  Protocol protocol = Protocol::kGen1;
  int code = 0;                   ///< the protocol's
  std::optional<Errc> failure{};  ///< why, when the code is not 0
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
