// An external service with scripted replies.
#pragma once

#include <chrono>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/unexpected_http.h"

namespace rtcroom {

/// For clients that make all calls with `Send`: any other fails the test. Gives the scripted
/// replies in order, then times out.
///
/// @threads for one thread.
class ScriptedCalls : public UnexpectedHttp {
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

  /// The next reply: status 200 and this body.
  void WillReply(std::string body) { replies.push_back(OutgoingReply{200, std::move(body)}); }

  std::deque<Result<OutgoingReply>> replies;
  bool is_broken = false;  ///< throws, which no `OutgoingHttp` may do
  std::vector<Asked> asked;
};

/// The value of a header; "(none)" when it is not there.
inline std::string HeaderOf(const OutgoingCall& call, const std::string& name) {
  for (const OutgoingHeader& header : call.headers) {
    if (header.name == name) return header.value.Reveal();
  }
  return "(none)";
}

}  // namespace rtcroom
