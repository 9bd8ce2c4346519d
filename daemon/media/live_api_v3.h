// The live service in the cloud's API 3.0.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/cloud_call.h"
#include "daemon/media/live_service.h"

namespace rtcroom {

struct LiveApiV3Options {
  /// The account has no region. The default base URL is https://live.tencentcloudapi.com.
  CloudAccount account{.base_url = "https://live.tencentcloudapi.com"};
  std::string push_host{};  ///< the domain that streams are pushed to
  std::string app = "live";
};

/// DescribeLiveStreamState.
CloudAction LiveV3StateAction(const LiveApiV3Options& options, std::string_view stream);

StreamReport ReadLiveV3State(const OutgoingReply& reply);

/// CreateCommonMixStream, or CancelCommonMixStream when there is one input.
CloudAction LiveV3MixAction(const MixRequest& request);

/// The service's error codes become the message of a reply with code -1. To cancel a mix that does
/// not exist succeeds.
/// @errors kUnavailable for a reply that is not of the API.
Result<MixReply> ReadLiveV3Mix(const OutgoingReply& reply, TimePoint now);

/// @source protocol D.6, D.8.
class LiveApiV3 : public LiveService {
 public:
  /// @param http, clock  outlive this object.
  LiveApiV3(LiveApiV3Options options, OutgoingHttp& http, const Clock& clock);

  StreamReport AskState(const std::string& stream, std::chrono::milliseconds timeout) override;
  Result<MixReply> Mix(const MixRequest& request, std::chrono::milliseconds timeout) override;

 private:
  const LiveApiV3Options options_;
  OutgoingHttp& http_;
  const Clock& clock_;
};

}  // namespace rtcroom
