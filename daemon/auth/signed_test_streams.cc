#include "daemon/auth/signed_test_streams.h"

#include <cstddef>
#include <utility>

namespace rtcroom {
namespace {

constexpr std::size_t kNameBytes = 8;

/// The stream name of the media service's clock.
constexpr const char* kClock = "testclock_rtmpacc";

}  // namespace

Result<TestStream> SignedTestStreams::NewStream(TimePoint now) {
  const std::string name = urls_.StreamName({"test_" + RandomHex(random_, kNameBytes)});
  Result<std::string> push_url = urls_.PushUrl(name, now);
  if (!push_url) return push_url.error();
  PlainPlayUrls plays = urls_.PlayUrls(name);
  return TestStream{.push_url = *std::move(push_url),
                    .flv_url = std::move(plays.flv),
                    .rtmp_url = std::move(plays.rtmp),
                    .hls_url = std::move(plays.hls),
                    .accelerate_url = urls_.AccelerateUrl(name, now)};
}

Result<std::string> SignedTestStreams::ClockUrl(TimePoint now) const {
  std::string url = urls_.AccelerateUrl(urls_.StreamName({kClock}), now);
  if (url.empty()) return Error{Errc::kUnavailable, "no play host is configured"};
  return url;
}

}  // namespace rtcroom
