#include "tests/support/wechat_stand_in.h"

#include <utility>

#include "tests/support/url.h"

namespace rtcroom {

void WechatStandIn::Answer(const std::string& code, std::vector<std::string> bodies) {
  const MutexLock lock(mutex_);
  bodies_[code] = std::move(bodies);
}

void WechatStandIn::Hold() {
  const MutexLock lock(mutex_);
  held_ = true;
}

void WechatStandIn::Release() {
  const MutexLock lock(mutex_);
  held_ = false;
  released_.NotifyAll();
}

std::size_t WechatStandIn::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

std::vector<std::string> WechatStandIn::targets() const {
  const MutexLock lock(mutex_);
  return targets_;
}

StandInService::Said WechatStandIn::Serve(const std::string& request) {
  const std::size_t start = request.find(' ') + 1;
  const std::string target = request.substr(start, request.find(' ', start) - start);
  const MutexLock lock(mutex_);
  targets_.push_back(target);
  ++waiting_;
  while (held_) released_.Wait(mutex_);
  --waiting_;
  // The media type is text although the body is JSON, as with the real service.
  return {HttpAnswer("200 OK", BodyForLocked(QueryParameter(target, "js_code")),
                     "Content-Type: text/plain\r\nConnection: close\r\n"),
          StandInService::Then::kClose};
}

std::string WechatStandIn::BodyForLocked(const std::string& code) {
  const auto found = bodies_.find(code);
  if (found == bodies_.end() || found->second.empty()) {
    return R"({"errcode":40029,"errmsg":"invalid code"})";
  }
  std::string body = found->second.front();
  if (found->second.size() > 1) found->second.erase(found->second.begin());
  return body;
}

}  // namespace rtcroom
