// get_test_pushurl and get_test_rtmpaccurl.
#include <string>

#include "handlers/rooms/endpoints.h"

namespace rtcroom {

Reply HandleGetTestPushUrl(const Request& /*request*/, const HandlerContext& context) {
  const Services& services = context.services;
  const Result<TestStream> stream = services.utils->test_streams.NewStream(services.clock.Now());
  if (!stream) return Reply::Failure(stream.error());
  return Reply::Success(JsonText()
                            .Field("url_push", stream->push_url)
                            .Field("url_play_flv", stream->flv_url)
                            .Field("url_play_rtmp", stream->rtmp_url)
                            .Field("url_play_hls", stream->hls_url)
                            .Field("url_play_acc", stream->accelerate_url));
}

Reply HandleGetTestRtmpAccUrl(const Request& /*request*/, const HandlerContext& context) {
  const Services& services = context.services;
  const Result<std::string> url = services.utils->test_streams.ClockUrl(services.clock.Now());
  return url ? Reply::Success(JsonText().Field("url_rtmpacc", *url)) : Reply::Failure(url.error());
}

}  // namespace rtcroom
