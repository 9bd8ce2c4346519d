// The pages of the admin listener that are open to all.
#pragma once

#include <string_view>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"

namespace rtcroom {

/// Adds `/`, a page of links to what the listener serves, which says how to switch the console on
/// while that is off; and `/api/`, the description of the API with a page that shows it.
/// @param version  of the program, which is shown; outlives the routes, and so does `access`.
void AddOpenPages(AdminRouter& router, std::string_view version, const AdminAccess& access);

}  // namespace rtcroom
