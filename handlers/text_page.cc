#include "handlers/text_page.h"

namespace rtcroom {

HttpReply RenderPage(const TextPage& page) {
  const bool is_html = page.kind == TextPage::Kind::kHtml;
  return {.headers = {{"Content-Type",
                       is_html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy",
                       "default-src 'none'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'; sandbox"},
                      {"Cache-Control", "no-store"}},
          .body = page.text};
}

}  // namespace rtcroom
