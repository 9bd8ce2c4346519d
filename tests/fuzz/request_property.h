// What must hold for the reply to any request whatsoever.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "handlers/request.h"
#include "handlers/request_plan.h"

namespace rtcroom {

/// What is wrong with `reply` by protocol 0.2: every reply is JSON with an integer `code` and a
/// string `message`, but for the empty 204; and no header lets text out of its line.
/// @return nothing when the reply is as it should be.
std::optional<std::string> FaultOf(const HttpReply& reply);

/// The same, and whether gen-2 served somebody who has not proven who he is (protocol B.2): every
/// session of `RequestFuzzServer` has the token that `FakeSessions` gives its user.
std::optional<std::string> FaultOf(const HttpReply& reply, const HttpRequest& request);

/// A router on a memory store, with everything around it faked.
///
/// @threads for one thread at a time.
class RequestFuzzServer {
 public:
  RequestFuzzServer();
  ~RequestFuzzServer();

  HttpReply Handle(const HttpRequest& request) const;
  RequestPlan Plan(const HttpRequest& request) const;

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

/// Sends the requests that `bytes` hold to a new server.
/// @return the first fault of a reply, with the request that led to it.
std::optional<std::string> FaultOfRequests(std::string_view bytes);

}  // namespace rtcroom
