// Counts what the sender to the IM service does.
#pragma once

#include "daemon/im/im_service.h"

namespace rtcroom {

/// Each is called from any thread of the sender, and must be quick.
class ImObserver {
 public:
  virtual ~ImObserver() = default;
  /// A call was made.
  virtual void OnImCall(GroupCommand command, ImOutcome outcome) = 0;
  /// It will be made again.
  virtual void OnImRetry(GroupCommand command) = 0;
  /// It will never be made again, although it had no effect.
  virtual void OnImDropped(GroupCommand command) = 0;
};

}  // namespace rtcroom
