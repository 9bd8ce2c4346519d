#include "handlers/reply.h"

#include <string>

#include "handlers/protocol_codes.h"

namespace rtcroom {
namespace {

using nlohmann::ordered_json;

std::string Dump(const ordered_json& body) {
  // What clients sent is checked to be UTF-8, but a damaged store must not make a list unreadable.
  return body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

HttpReply Render(const Reply& reply, RequestLabel label) {
  ordered_json body;
  int status = 200;
  if (reply.failure) {
    const Error& failure = *reply.failure;
    const ProtocolCode& row = ProtocolCodeOf(label.dialect.value_or(Dialect::kGen1), failure.code);
    status = row.http_status;
    label.code = row.code;
    label.failure = failure.code;
    label.failure_detail = failure.detail;
    body["code"] = row.code;
    body["message"] = row.message;
    if (failure.code == Errc::kBadRequest && !failure.detail.empty()) {
      body["detail"] = failure.detail;
    }
  } else {
    label.code = kSuccessCode;
    body["code"] = kSuccessCode;
    body["message"] = kSuccessMessage;
  }
  body.update(reply.fields);
  return {.status = status, .headers = {}, .body = Dump(body), .label = std::move(label)};
}

}  // namespace rtcroom
