// The deliveries as the threads of the bridge share them.
#pragma once

#include "daemon/base/mutex.h"
#include "daemon/im/group_deliveries.h"

namespace rtcroom {

/// No call to the store or the IM service is made under the lock.
struct SharedDeliveries {
  SharedDeliveries(NotifyVia notify_via, const DeliveryLimits& limits)
      : deliveries(notify_via, limits) {}

  Mutex mutex;
  CondVar changed;  ///< a call is finished, or `stopping` set
  GroupDeliveries deliveries GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;  ///< nothing new is begun
};

}  // namespace rtcroom
