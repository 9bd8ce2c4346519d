// GET /console/api/stream: what happens, as it happens.
#pragma once

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/event_streams.h"
#include "daemon/core/store.h"
#include "daemon/http_client/call_pool.h"

namespace rtcroom {

/// Opens a stream from the query's cursor `after`, or from now on. Whoever `access` admits no more
/// when it opens gets 401. All outlive the requests.
AdminHandler OpenEventStream(CallPool& pool, EventStreams& streams, Store& store,
                             const AdminAccess& access);

}  // namespace rtcroom
