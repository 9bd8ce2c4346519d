// Stands in for WeChat's code exchange (protocol D.9), over a real socket.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/loopback_socket.h"

namespace rtcroom {

/// @threads safe from any thread.
class WechatStandIn {
 public:
  /// Listens on a free port of 127.0.0.1.
  WechatStandIn();
  ~WechatStandIn();
  WechatStandIn(const WechatStandIn&) = delete;
  WechatStandIn& operator=(const WechatStandIn&) = delete;

  [[nodiscard]] std::string base_url() const;

  /// Sets the bodies returned for this code, one after the other; the last one repeats. An unknown
  /// code gets errcode 40029.
  void Answer(const std::string& code, std::vector<std::string> bodies) EXCLUDES(mutex_);

  /// Blocks every request until `Release`.
  void Hold() EXCLUDES(mutex_);
  void Release() EXCLUDES(mutex_);

  /// Number of waiting requests.
  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_);

  /// Path and query of each request, in order of arrival.
  [[nodiscard]] std::vector<std::string> targets() const EXCLUDES(mutex_);

 private:
  void Serve() EXCLUDES(mutex_);
  void ServeOne(const LoopbackSocket& client) EXCLUDES(mutex_);
  std::string BodyFor(const std::string& code) EXCLUDES(mutex_);

  const LoopbackSocket listener_;
  mutable Mutex mutex_;
  CondVar released_;
  bool held_ GUARDED_BY(mutex_) = false;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> targets_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> bodies_ GUARDED_BY(mutex_);
  std::jthread server_;  // last: it uses all of the above
};

}  // namespace rtcroom
