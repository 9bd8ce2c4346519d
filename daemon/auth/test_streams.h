// Streams for testing a client.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// The URLs of a stream; play URLs are empty when no play host is configured.
struct TestStream {
  std::string push_url{};
  std::string flv_url{};
  std::string rtmp_url{};
  std::string hls_url{};
  std::string accelerate_url{};
};

/// @threads implementations are safe from any thread.
/// @source protocol A.5, D.4.
class TestStreams {
 public:
  virtual ~TestStreams() = default;

  /// A stream with a fresh, unguessable name, so that testers do not share a stream.
  /// @errors kUnavailable when no push host is configured.
  virtual Result<TestStream> NewStream(TimePoint now) = 0;

  /// The low-latency play URL of the clock that the media service streams permanently.
  /// @errors kUnavailable when no play host is configured.
  virtual Result<std::string> ClockUrl(TimePoint now) const = 0;
};

}  // namespace rtcroom
