#include "daemon/admin/admin_pages.h"

#include <memory>
#include <utility>

namespace rtcroom {

void AddPage(AdminRouter& router, AdminPage page) {
  const auto headers = std::make_shared<const Headers>(std::move(page.headers));
  const auto add = [&](std::string_view path, auto reply) {
    router.Add({.path = path,
                .guard = page.guard,
                .handler = [headers, reply](const HttpRequest& request, AdminResponder& responder) {
                  responder.Send({.http = reply(request, *headers)});
                }});
  };
  for (const EmbeddedFile& file : page.files) {
    const auto send = [&file](const HttpRequest& request, const Headers& more) {
      return ReplyWith(file, request, more);
    };
    add(file.path, send);
    if (file.path.substr(page.folder.size()) == "index.html") add(page.folder, send);
  }
  add(page.folder.substr(0, page.folder.size() - 1),
      [folder = page.folder](const HttpRequest&, const Headers& more) {
        return RedirectToFolder(folder, more);
      });
}

}  // namespace rtcroom
