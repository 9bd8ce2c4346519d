// GET /console/api/stream: events in real time.
#pragma once

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/event_streams.h"
#include "daemon/base/call_pool.h"
#include "daemon/core/event_log.h"

namespace rtcroom {

/// Opens a stream from the query's cursor `after`, or from now on. A client that `access` no longer
/// admits when the stream opens gets 401. All arguments must outlive the requests.
AdminHandler OpenEventStream(CallPool& pool, EventStreams& streams, EventLog& log,
                             const AdminAccess& access);

}  // namespace rtcroom
