// An external service with scripted replies.
#pragma once

#include <chrono>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/http_client/outgoing_http.h"

namespace rtcroom {

/// For clients that make all calls with `Send`: any other fails the test. Gives the scripted
/// replies in order, then times out.
///
/// @threads for one thread.
class ScriptedCalls : public OutgoingHttp {
 public:
  struct Asked {
    std::string base_url{};
    OutgoingCall call{};
    std::chrono::milliseconds timeout{};
  };

  Result<OutgoingReply> Send(const std::string& base_url, const OutgoingCall& call,
                             std::chrono::milliseconds timeout) override {
    asked.push_back({base_url, call, timeout});
    if (is_broken) throw std::runtime_error("broken");
    if (replies.empty()) return Error{Errc::kUnavailable, "no answer in time"};
    Result<OutgoingReply> reply = replies.front();
    replies.pop_front();
    return reply;
  }
  Result<OutgoingReply> Get(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                            std::chrono::milliseconds /*timeout*/) override {
    return Unexpected();
  }
  Result<OutgoingReply> Post(const std::string& /*base_url*/, const std::string& /*path_and_query*/,
                             const std::string& /*content_type*/, const std::string& /*body*/,
                             std::chrono::milliseconds /*timeout*/) override {
    return Unexpected();
  }
  Result<OutgoingReply> PostAs(const Secret& /*bearer*/, const std::string& /*base_url*/,
                               const std::string& /*path_and_query*/,
                               std::chrono::milliseconds /*timeout*/) override {
    return Unexpected();
  }

  /// The next reply: status 200 and this body.
  void WillReply(std::string body) { replies.push_back(OutgoingReply{200, std::move(body)}); }

  std::deque<Result<OutgoingReply>> replies;
  bool is_broken = false;  ///< throws, which no `OutgoingHttp` may do
  std::vector<Asked> asked;

 private:
  static Result<OutgoingReply> Unexpected() {
    ADD_FAILURE() << "unexpected call";
    return Error{Errc::kUnreachable, "unexpected call"};
  }
};

/// The value of a header; "(none)" when it is not there.
inline std::string HeaderOf(const OutgoingCall& call, const std::string& name) {
  for (const OutgoingHeader& header : call.headers) {
    if (header.name == name) return header.value.Reveal();
  }
  return "(none)";
}

}  // namespace rtcroom
