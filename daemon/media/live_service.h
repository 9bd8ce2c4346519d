// A live service of the cloud: the state of streams, and mixing.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/base/result.h"
#include "daemon/media/mix_request.h"

namespace rtcroom {

enum class StreamState : std::uint8_t {
  kUnknown,  ///< network, throttling, an unreadable reply: says nothing about the stream
  kLive,
  kNotLive,  ///< interrupted, forbidden, or never pushed
};

struct StreamReport {
  StreamState state = StreamState::kUnknown;
  std::string reason{};  ///< why it is unknown, for the log
  bool operator==(const StreamReport&) const = default;
};

/// @threads implementations are safe from any thread. They block for `timeout` at most, throw
///          nothing and do not log: reasons and details are for the log and hold no key.
class LiveService {
 public:
  virtual ~LiveService() = default;

  /// @param stream  may have any characters.
  virtual StreamReport AskState(const std::string& stream, std::chrono::milliseconds timeout) = 0;

  /// Starts or changes the mix with that output, or ends it when there is one input.
  /// @errors kUnreachable, kUnavailable: no readable reply; the mix may have changed or not. A mix
  ///         that the service refuses is no error but a reply.
  virtual Result<MixReply> Mix(const MixRequest& request, std::chrono::milliseconds timeout) = 0;
};

}  // namespace rtcroom
