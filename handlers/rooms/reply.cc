#include "handlers/rooms/reply.h"

#include <string>
#include <string_view>

#include "handlers/shared/protocol_codes.h"

namespace rtcroom {
namespace {

constexpr int kBusyStatus = 503;

JsonText CodeAndMessage(int code, std::string_view message) {
  JsonText members;
  members.Field("code", code).Field("message", message);
  return members;
}

/// Built once: most replies consist of these fields only.
const JsonText& Succeeded() {
  static const JsonText succeeded = CodeAndMessage(kSuccessCode, kSuccessMessage);
  return succeeded;
}

std::string Object(std::string_view members, std::string_view more_members) {
  std::string object;
  object.reserve(members.size() + more_members.size() + std::string_view("{,}").size());
  object += '{';
  object += members;
  if (!more_members.empty()) object += ',';
  object += more_members;
  object += '}';
  return object;
}

/// With headers that keep a browser from running, guessing or storing anything of it.
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

}  // namespace

HttpReply Render(const Reply& reply, RequestLabel& label, BusyReply busy) {
  if (reply.page) {
    label.code = kSuccessCode;
    return RenderPage(*reply.page);
  }
  const std::string_view fields = reply.fields.text();
  if (!reply.failure) {
    label.code = kSuccessCode;
    return {.body = Object(Succeeded().text(), fields)};
  }
  const Error& failure = *reply.failure;
  const ProtocolCode& row = ProtocolCodeOf(label.protocol, label.endpoint, failure.code);
  label.code = row.code;
  label.failure = failure.code;
  label.failure_detail = failure.detail;
  JsonText members = CodeAndMessage(row.code, row.message);
  // Gen-2 has numbers of its own for what is wrong with a login or token.
  const bool is_disclosed =
      failure.code == Errc::kBadRequest || failure.code == Errc::kTooManyRooms ||
      (failure.code == Errc::kUnauthorized && label.protocol != Protocol::kGen2);
  if (is_disclosed && !failure.detail.empty()) {
    members.Field("detail", failure.detail);
  }
  HttpReply rendered{.status = HttpStatusOf(failure.code), .body = Object(members.text(), fields)};
  const bool is_of_store = failure.code == Errc::kStoreBusy || failure.code == Errc::kStoreBroken;
  if (is_of_store && busy == BusyReply::kTryAnother) {
    rendered.status = kBusyStatus;
    rendered.headers.emplace_back("Retry-After", "1");
  }
  return rendered;
}

std::size_t SuccessFrameBytes() {
  return Succeeded().text().size() + std::string_view("{,}").size();
}

}  // namespace rtcroom
