// Serves the files of the console over HTTP.
#pragma once

#include <string>
#include <vector>

#include "daemon/admin/admin_router.h"

namespace rtcroom {

/// Adds a route for each file, `/console/` for the page itself and a redirect from `/console`. They
/// are public as soon as a token is set; their data comes from the API.
///
/// What the page may load beside its own server.
struct PageOrigins {
  std::vector<std::string> api{};  ///< of the public API: `http://127.0.0.1:5757`
  std::string media{};             ///< of pictures and sound; empty: none
};

void AddConsolePages(AdminRouter& router, const PageOrigins& origins);

}  // namespace rtcroom
