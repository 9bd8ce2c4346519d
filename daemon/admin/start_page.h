// The page at `/` of the admin listener.
#pragma once

#include <string_view>

#include "daemon/admin/admin_access.h"
#include "daemon/admin/admin_router.h"

namespace rtcroom {

/// A page of links to what the listener serves, open to all. It says how to switch the console on
/// while that is off.
/// @param version  of the program, which is shown; outlives the route, and so does `access`.
AdminRoute StartPage(std::string_view version, const AdminAccess& access);

}  // namespace rtcroom
