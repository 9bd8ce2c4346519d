// Counts of the calls to the IM service, made and pending.
#pragma once

#include <cstdint>

#include "daemon/im/im_service.h"

namespace rtcroom {

struct ImBacklog {
  std::uint64_t groups = 0;  ///< with a pending delivery
  std::uint64_t lag = 0;  ///< positions from the oldest event with a pending delivery to the newest
};

/// All methods are called from any thread of the sender, and must not block.
class ImObserver {
 public:
  virtual ~ImObserver() = default;
  /// A call was made.
  virtual void OnImCall(GroupCommand command, ImOutcome outcome) = 0;
  /// The call will be repeated.
  virtual void OnImRetry(GroupCommand command) = 0;
  /// The call had no effect and will not be repeated.
  virtual void OnImDropped(GroupCommand command) = 0;
};

}  // namespace rtcroom
