// Properties of the reply to any request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/http_handler.h"
#include "tests/support/recorded_reply.h"

namespace rtcroom {

/// Checks `reply` against protocol 0.2: every reply is JSON with an integer `code` and a string
/// `message`, except the empty 204; and no header contains a line break.
/// @return a description of the fault; nullopt for a valid reply.
std::optional<std::string> FaultOf(const LabelledReply& reply);

/// The same, and a fault if gen-2 served an unauthenticated caller (protocol B.2): every session of
/// `RequestFuzzServer` has the token that `FakeSessions` gives its user.
std::optional<std::string> FaultOf(const LabelledReply& reply, const HttpRequest& request);

/// A router on a store of its own with all dependencies faked.
///
/// @threads for one thread at a time.
class RequestFuzzServer {
 public:
  RequestFuzzServer();
  ~RequestFuzzServer();

  LabelledReply Handle(const HttpRequest& request) const;
  RequestPlan Plan(const HttpRequest& request) const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace rtcroom
