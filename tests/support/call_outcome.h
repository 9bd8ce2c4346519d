// What a client knows of its call to a server that may fail.
#pragma once

#include <cstdint>

#include "tests/support/api_client.h"

namespace rtcroom {

enum class CallOutcome : std::uint8_t {
  kAnswered,
  kNotDone,  ///< nothing was changed
  kUnknown,  ///< it may have been done, or may be yet
};

/// @source protocol; httplib's names of Error::Connection, of older and newer versions.
inline CallOutcome OutcomeOf(const ApiReply& reply) {
  constexpr int kUnavailable = 503;
  constexpr int kNotKnown = 504;
  if (reply.status == kUnavailable) return CallOutcome::kNotDone;
  if (reply.status == kNotKnown) return CallOutcome::kUnknown;
  if (reply.status != 0) return CallOutcome::kAnswered;
  const bool was_not_sent = reply.text == "no reply: Connection" ||
                            reply.text == "no reply: Could not establish connection";
  return was_not_sent ? CallOutcome::kNotDone : CallOutcome::kUnknown;
}

}  // namespace rtcroom
