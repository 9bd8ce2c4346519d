// Signed test streams.
#pragma once

#include <string>

#include "daemon/auth/signed_stream_urls.h"
#include "daemon/auth/test_streams.h"
#include "daemon/base/random_source.h"

namespace rtcroom {

/// Names are `test_` + 16 hex, 64 random bits: no collision with a user's stream by chance.
///
/// @threads safe from any thread.
class SignedTestStreams : public TestStreams {
 public:
  /// Both must outlive this object.
  SignedTestStreams(const SignedStreamUrls& urls, RandomSource& random)
      : urls_(urls), random_(random) {}

  Result<TestStream> NewStream(TimePoint now) override;
  Result<std::string> ClockUrl(TimePoint now) const override;

 private:
  const SignedStreamUrls& urls_;
  RandomSource& random_;
};

}  // namespace rtcroom
