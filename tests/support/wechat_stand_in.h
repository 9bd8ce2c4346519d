// Stands in for WeChat's code exchange (protocol D.9), over a real socket.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/support/stand_in_service.h"

namespace rtcroom {

/// @threads safe from any thread.
class WechatStandIn {
 public:
  /// Listens on a free port of 127.0.0.1.
  WechatStandIn() = default;
  ~WechatStandIn() { Release(); }
  WechatStandIn(const WechatStandIn&) = delete;
  WechatStandIn& operator=(const WechatStandIn&) = delete;

  [[nodiscard]] std::string base_url() const { return service_.Url(); }

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
  StandInService::Said Serve(const std::string& request) EXCLUDES(mutex_);
  std::string BodyForLocked(const std::string& code) REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar released_;
  bool held_ GUARDED_BY(mutex_) = false;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> targets_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> bodies_ GUARDED_BY(mutex_);
  StandInService service_{// last: its threads use all of the above
                          [this](const std::string& request) { return Serve(request); }};
};

}  // namespace rtcroom
