// The live service's API v1, `common_access`.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/live_service.h"

namespace rtcroom {

struct LiveApiV1Options {
  std::string base_url = "http://fcgi.video.qcloud.com";
  std::string app_id{};
  Secret api_key{};
};

/// Asks for the state of a stream; good for 300 s.
/// @throws std::runtime_error as digests do; so does the next.
OutgoingCall LiveV1StateCall(const LiveApiV1Options& options, std::string_view stream,
                             TimePoint now);

StreamReport ReadLiveV1State(const OutgoingReply& reply);

/// Mixes; good for 60 s. An input list of one ends the mix by itself.
OutgoingCall LiveV1MixCall(const LiveApiV1Options& options, const MixRequest& request,
                           TimePoint now);

/// @errors kUnavailable for any reply but `{code, message, timestamp}`.
Result<MixReply> ReadLiveV1Mix(const OutgoingReply& reply);

/// @source protocol D.5, D.6.
class LiveApiV1 : public LiveService {
 public:
  /// @param http, clock  outlive this object.
  LiveApiV1(LiveApiV1Options options, OutgoingHttp& http, const Clock& clock);

  StreamReport AskState(const std::string& stream, std::chrono::milliseconds timeout) override;
  Result<MixReply> Mix(const MixRequest& request, std::chrono::milliseconds timeout) override;

 private:
  const LiveApiV1Options options_;
  OutgoingHttp& http_;
  const Clock& clock_;
};

}  // namespace rtcroom
