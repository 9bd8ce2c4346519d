// An external service that receives POST requests only.
#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// For clients that always send a body: a request without one fails the test.
class PostOnlyHttp : public OutgoingHttp {
 public:
  Result<OutgoingReply> Get(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                            std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected GET";
    return Error{Errc::kUnreachable, "unexpected GET"};
  }
  Result<OutgoingReply> PostAs(const Secret& /*bearer*/, const std::string& /*base_url*/,
                               const std::string& /*path_and_query*/,
                               std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected POST with a token";
    return Error{Errc::kUnreachable, "unexpected POST with a token"};
  }
  Result<OutgoingReply> Send(const std::string& /*base_url*/, const OutgoingCall& call,
                             std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected " << call.method;
    return Error{Errc::kUnreachable, "unexpected call"};
  }
};

}  // namespace rtcroom
