// Stream URLs that contain their inputs.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/stream_urls.h"

namespace rtcroom {

class FakeStreams : public StreamUrlSigner {
 public:
  [[nodiscard]] std::string StreamName(const UserId& user_id) const override {
    return user_id.value;
  }
  [[nodiscard]] Result<std::string> PushUrl(std::string_view stream,
                                            TimePoint /*now*/) const override {
    return std::string("rtmp://push/live/").append(stream);
  }
  [[nodiscard]] Result<std::string> BoundPushUrl(std::string_view stream,
                                                 const PushBinding& binding,
                                                 TimePoint now) const override {
    Result<std::string> url = PushUrl(stream, now);
    if (url && !binding.room.id.value.empty()) url->append("?room=").append(binding.room.id.value);
    return url;
  }
  [[nodiscard]] std::string AccelerateUrl(std::string_view stream,
                                          TimePoint /*now*/) const override {
    return std::string("rtmp://play/live/").append(stream);
  }
  [[nodiscard]] std::string UnsignedAccelerateUrl(std::string_view stream) const override {
    return std::string("rtmp://play/live/").append(stream);
  }
  [[nodiscard]] std::string MixedPlayUrl(std::string_view stream) const override {
    return std::string("https://play/live/").append(stream).append(".flv");
  }
};

}  // namespace rtcroom
