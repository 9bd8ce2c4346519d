// Serves the files of the console over HTTP.
#pragma once

#include <string>
#include <vector>

#include "daemon/admin/admin_router.h"

namespace rtcroom {

/// Adds a route for each file, `/console/` for the page itself and a redirect from `/console`. They
/// are public as soon as a token is set; their data comes from the API.
///
/// @param api_origins  of the public API, which the page may also call: `http://127.0.0.1:5757`.
void AddConsolePages(AdminRouter& router, const std::vector<std::string>& api_origins);

}  // namespace rtcroom
