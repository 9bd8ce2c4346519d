// A service manager that records its notifications.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/mutex.h"
#include "daemon/process/service_manager.h"

namespace rtcroom {

/// @threads safe from any thread.
class RecordedNotices : public ServiceManager {
 public:
  void Notify(std::string_view assignments) noexcept override {
    const MutexLock lock(mutex_);
    notices_.emplace_back(assignments);
  }

  /// The notifications since the last call.
  std::vector<std::string> Take() {
    const MutexLock lock(mutex_);
    return std::exchange(notices_, {});
  }

 private:
  Mutex mutex_;
  std::vector<std::string> notices_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
