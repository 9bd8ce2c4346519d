#include "daemon/admin/console_pages.h"

#include <utility>

#include "daemon/admin/admin_pages.h"
#include "daemon/admin/console_files.h"

namespace rtcroom {

void AddConsolePages(AdminRouter& router, const PageOrigins& origins) {
  PagePolicy policy{.media = origins.media};
  for (const std::string& origin : origins.api) policy.connect += " " + origin;
  AddPage(router, {.folder = "/console/",
                   .files = ConsoleFiles(),
                   .guard = AdminRoute::Guard::kConsole,
                   .headers = PageHeaders(policy)});
}

}  // namespace rtcroom
