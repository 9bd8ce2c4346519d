// The phones' view of their rooms: refreshed on every notice to their group.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/api_client.h"

namespace rtcroom {

/// One view of each room, from the get_pushers after the newest notice.
///
/// @threads safe from any thread.
class PhoneViews {
 public:
  /// From now on the server is available.
  void Connect(int http_port) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    client_ = std::make_unique<ApiClient>(http_port);
    for (const std::string& room : std::exchange(unanswered_, {})) PullLocked(room);
  }

  /// A notice was received. If the server is down, it is queried after its restart.
  void Pull(const std::string& room) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    PullLocked(room);
  }

  [[nodiscard]] std::vector<std::string> Of(const std::string& room) const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto found = views_.find(room);
    return found == views_.end() ? std::vector<std::string>() : found->second;
  }

 private:
  void PullLocked(const std::string& room) REQUIRES(mutex_) {
    const ApiReply reply = client_ == nullptr
                               ? ApiReply()
                               : client_->Call("multi_room", "get_pushers", RoomBody(room));
    if (reply.status == 0) {
      unanswered_.insert(room);
      return;
    }
    views_[room] = PusherIds(reply);
  }

  mutable Mutex mutex_;
  std::unique_ptr<ApiClient> client_ GUARDED_BY(mutex_);
  std::set<std::string> unanswered_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> views_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
