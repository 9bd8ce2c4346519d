// What the bridge to the IM service tells of itself.
#pragma once

#include "daemon/im/im_service.h"

namespace rtcroom {

/// Each is called from any thread of the bridge, and must be quick.
class ImObserver {
 public:
  virtual ~ImObserver() = default;
  /// A call was made.
  virtual void OnImCall(GroupCommand command, ImOutcome outcome) = 0;
  /// It will be made again.
  virtual void OnImRetry(GroupCommand command) = 0;
  /// It will never be made again, although nothing came of it.
  virtual void OnImDropped(GroupCommand command) = 0;
  /// Events were gone before they were read.
  virtual void OnImEventsLost() = 0;
};

}  // namespace rtcroom
