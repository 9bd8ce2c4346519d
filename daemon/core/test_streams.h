// Streams for trying a client out.
#pragma once

#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// A stream's addresses; those to play it are empty when no play host is configured.
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

  /// A stream under a fresh name that nobody can guess, so that testers do not meet.
  /// @errors kUnavailable when no push host is configured.
  virtual Result<TestStream> NewStream(TimePoint now) = 0;

  /// Where the clock that the media service shows all the time is played with little delay.
  /// @errors kUnavailable when no play host is configured.
  virtual Result<std::string> ClockUrl(TimePoint now) const = 0;
};

}  // namespace rtcroom
