// An external service that receives GET requests only.
#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// For clients that never send a body: any other request fails the test.
class GetOnlyHttp : public OutgoingHttp {
 public:
  Result<OutgoingReply> Post(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                             const std::string& /*content_type*/, const std::string& /*body*/,
                             std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected POST";
    return Error{Errc::kUnreachable, "unexpected POST"};
  }
  Result<OutgoingReply> PostAs(const Secret& /*bearer*/, const std::string& /*base_url*/,
                               const std::string& /*path_and_query*/,
                               std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected POST";
    return Error{Errc::kUnreachable, "unexpected POST"};
  }
  Result<OutgoingReply> Send(const std::string& /*base_url*/, const OutgoingCall& call,
                             std::chrono::milliseconds /*timeout*/) override {
    ADD_FAILURE() << "unexpected " << call.method;
    return Error{Errc::kUnreachable, "unexpected call"};
  }
};

}  // namespace rtcroom
