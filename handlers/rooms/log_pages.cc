// logfilelist and getlogfile.
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/percent_encoding.h"
#include "daemon/base/text.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/utils_request.h"

namespace rtcroom {
namespace {

/// The text of an element or a quoted attribute: markup as entities, control characters as U+FFFD.
std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '\'') {
      escaped += "&#39;";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      escaped += "\xEF\xBF\xBD";
    } else {
      AppendWithEntity(c, escaped);
    }
  }
  return escaped;
}

std::string ListOf(const std::vector<LogFile>& files, std::string_view link) {
  std::string html =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>logs</title></head><body>\n";
  for (const LogFile& file : files) {
    const std::uint64_t kilobytes = file.bytes / 1024 + (file.bytes % 1024 == 0 ? 0 : 1);
    fmt::format_to(std::back_inserter(html), "<a href=\"{}{}\">{} {}KB</a><br>\n", EscapeHtml(link),
                   PercentEncode(file.name, "/"), EscapeHtml(file.name), kilobytes);
  }
  html += "</body></html>\n";
  return html;
}

}  // namespace

Reply HandleLogFileList(const Request& request, const HandlerContext& context) {
  const UtilsServices& utils = *context.services.utils;
  if (const Status allowed = CheckAdminToken(request, utils.token); !allowed) {
    return Reply::Failure(allowed.error());
  }
  const Result<std::vector<LogFile>> files = utils.logs.List();
  if (!files) return Reply::Failure(files.error());
  return Reply::Page({.kind = TextPage::Kind::kHtml, .text = ListOf(*files, utils.log_link)});
}

Reply HandleGetLogFile(const Request& request, const HandlerContext& context) {
  const UtilsServices& utils = *context.services.utils;
  if (const Status allowed = CheckAdminToken(request, utils.token); !allowed) {
    return Reply::Failure(allowed.error());
  }
  const std::string name = QueryValue(request, "file");
  if (name.empty()) return Reply::Failure({Errc::kBadRequest, "file: missing"});
  Result<std::string> tail = utils.logs.ReadTail(name);
  if (!tail) return Reply::Failure(tail.error());
  return Reply::Page({.kind = TextPage::Kind::kPlain, .text = *std::move(tail)});
}

}  // namespace rtcroom
