// Other servers on the store, whose changes a test makes known.
#pragma once

#include <chrono>
#include <functional>

#include "daemon/core/commit_follower.h"

namespace rtcroom {

/// What other servers have done is known here from the next `CatchUp` on.
class OtherServers : public CommitFollower {
 public:
  Status CatchUp(MonotonicTime /*deadline*/) override {
    ++asked;
    if (busy) return Error{Errc::kStoreBusy, {}};
    if (has_done) has_done();
    return {};
  }
  [[nodiscard]] std::chrono::milliseconds LogAge() const override {
    return std::chrono::milliseconds(0);
  }
  std::function<void()> has_done{};
  bool busy = false;
  int asked = 0;
};

}  // namespace rtcroom
