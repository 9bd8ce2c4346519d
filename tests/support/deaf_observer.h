// An observer of a store that keeps nothing.
#pragma once

#include "daemon/core/store_observer.h"

namespace rtcroom {

class DeafObserver : public StoreObserver {
 public:
  void OnCommitBegun() noexcept override {}
  void OnCommitEnded(const CommitStats& /*stats*/) noexcept override {}
};

}  // namespace rtcroom
