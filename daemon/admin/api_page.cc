#include "daemon/admin/api_page.h"

#include "daemon/admin/admin_pages.h"
#include "daemon/admin/api_files.h"

namespace rtcroom {

void AddApiPage(AdminRouter& router) {
  // The reader adds styles while it runs, and searches in a worker that it makes of a text.
  AddPage(router, {.folder = "/api/",
                   .files = ApiFiles(),
                   .guard = AdminRoute::Guard::kOpen,
                   .headers = PageHeaders({.style = "'self' 'unsafe-inline'", .worker = "blob:"})});
}

}  // namespace rtcroom
