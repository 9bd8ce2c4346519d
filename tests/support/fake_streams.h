// Stream URLs that show what they were made from.
#pragma once

#include <string>

#include "daemon/core/stream_urls.h"

namespace rtcroom {

class FakeStreams : public StreamUrlSigner {
 public:
  Result<std::string> PushUrl(const UserId& user_id, TimePoint /*now*/) const override {
    return "rtmp://push/live/" + user_id.value;
  }
  std::string AccelerateUrl(const UserId& user_id, TimePoint /*now*/) const override {
    return "rtmp://play/live/" + user_id.value;
  }
  std::string MixedPlayUrl(const UserId& user_id) const override {
    return "https://play/live/" + user_id.value + ".flv";
  }
};

}  // namespace rtcroom
