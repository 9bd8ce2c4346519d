// A call to an outside service as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_reply.h"

namespace rtcroom {

struct OutgoingHeader {
  std::string name{};
  Secret value{};  ///< may hold a key or a signature
};

/// Whether the connection stays open after a response.
enum class AfterAnswer : std::uint8_t { kClose, kKeepOpen };

struct OutgoingCall {
  std::string method = "GET";
  std::string path_and_query{};           ///< starts with `/`, percent-encoded already
  std::vector<OutgoingHeader> headers{};  ///< besides Content-Type and Content-Length
  std::string content_type{};             ///< empty: no body
  std::string body{};
  std::size_t max_reply_bytes = kMaxOutgoingReplyBytes;
  /// kKeepOpen: on a connection that an earlier such call has left open, if there is one. If the
  /// server closes it at that moment the call fails, so the request must be repeatable.
  AfterAnswer after = AfterAnswer::kClose;
};

}  // namespace rtcroom
