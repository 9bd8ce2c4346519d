#include "tests/support/wechat_stand_in.h"

#include <utility>

#include "tests/support/url.h"

namespace rtcroom {

WechatStandIn::WechatStandIn()
    : listener_(LoopbackSocket::Listen()), server_([this] { Serve(); }) {}

WechatStandIn::~WechatStandIn() {
  Release();
  listener_.ShutDown();
}

std::string WechatStandIn::base_url() const {
  return "http://127.0.0.1:" + std::to_string(listener_.Port());
}

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

void WechatStandIn::Serve() {
  std::vector<std::jthread> connections;  // joined when listening ends
  while (true) {
    LoopbackSocket client = listener_.Accept();
    if (!client.valid()) return;
    connections.emplace_back([this, client = std::move(client)] { ServeOne(client); });
  }
}

void WechatStandIn::ServeOne(const LoopbackSocket& client) {
  const std::string head = client.ReceiveUntil("\r\n\r\n");
  const std::size_t start = head.find(' ') + 1;
  const std::string target = head.substr(start, head.find(' ', start) - start);
  {
    const MutexLock lock(mutex_);
    targets_.push_back(target);
    ++waiting_;
    while (held_) released_.Wait(mutex_);
    --waiting_;
  }
  const std::string body = BodyFor(QueryParameter(target, "js_code"));
  // The media type is text although the body is JSON, as with the real service.
  client.Send(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::string WechatStandIn::BodyFor(const std::string& code) {
  const MutexLock lock(mutex_);
  const auto found = bodies_.find(code);
  if (found == bodies_.end() || found->second.empty()) {
    return R"({"errcode":40029,"errmsg":"invalid code"})";
  }
  std::string body = found->second.front();
  if (found->second.size() > 1) found->second.erase(found->second.begin());
  return body;
}

}  // namespace rtcroom
