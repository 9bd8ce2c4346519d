// Serves pages on the admin listener.
#pragma once

#include <span>
#include <string_view>

#include "daemon/admin/admin_router.h"
#include "daemon/http/embedded_file.h"
#include "daemon/http/message.h"

namespace rtcroom {

struct AdminPage {
  std::string_view folder = {};  ///< of its URL: `/console/`; static storage, like its files
  std::span<const EmbeddedFile> files = {};
  AdminRoute::Guard guard = AdminRoute::Guard::kAccess;
  Headers headers = {};
};

/// Adds a route for each file, the folder itself for its `index.html`, and a redirect from the
/// folder's path without the slash.
void AddPage(AdminRouter& router, AdminPage page);

}  // namespace rtcroom
