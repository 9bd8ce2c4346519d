// An outside service that is only told.
#pragma once

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// For those who always send a body: what asks without one fails the test.
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
};

}  // namespace rtcroom
