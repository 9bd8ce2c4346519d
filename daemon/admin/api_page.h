// Serves the description of the API, and a page that shows it.
#pragma once

#include "daemon/admin/admin_router.h"

namespace rtcroom {

/// Adds `/api/`, `/api/openapi.yaml` and the scripts of the page, which are open to all.
void AddApiPage(AdminRouter& router);

}  // namespace rtcroom
