// An external service that must not be called.
#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// Every request fails the test, but those of the calls that a derived class answers.
class UnexpectedHttp : public OutgoingHttp {
 public:
  Result<OutgoingReply> Get(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                            std::chrono::milliseconds /*timeout*/) override {
    return Unexpected("GET");
  }
  Result<OutgoingReply> Post(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                             const std::string& /*content_type*/, const std::string& /*body*/,
                             std::chrono::milliseconds /*timeout*/) override {
    return Unexpected("POST");
  }
  Result<OutgoingReply> PostAs(const Secret& /*bearer*/, const std::string& /*base_url*/,
                               const std::string& /*path_and_query*/,
                               std::chrono::milliseconds /*timeout*/) override {
    return Unexpected("POST with a token");
  }
  Result<OutgoingReply> Send(const std::string& /*base_url*/, const OutgoingCall& call,
                             std::chrono::milliseconds /*timeout*/) override {
    return Unexpected(call.method);
  }

 private:
  static Result<OutgoingReply> Unexpected(const std::string& call) {
    ADD_FAILURE() << "unexpected " << call;
    return Error{Errc::kUnreachable, "unexpected " + call};
  }
};

}  // namespace rtcroom
