#include "handlers/rooms/utils_request.h"

#include <string_view>
#include <utility>

#include "daemon/base/text.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {
Status CheckQuery(const FormPairs& query) {
  for (const auto& [name, value] : query) {
    if (!IsUtf8(name) || !IsUtf8(value)) return Error{Errc::kBadRequest, "query: not valid UTF-8"};
    if (HasNul(name) || HasNul(value)) return Error{Errc::kBadRequest, "query: holds a NUL"};
  }
  return {};
}

Result<Request> ReadUtilsRequest(const HttpRequest& request, Protocol protocol, FormPairs query) {
  Request call{.protocol = protocol,
               .query = std::move(query),
               .authorization = request.authorization,
               .address = request.peer_address};
  if (const Status readable = CheckQuery(call.query); !readable) return readable.error();
  Result<Body> body = ParseBody(request.content_type, request.body);
  if (!body) return body.error();
  call.body = std::move(body->fields);
  call.unread = std::move(body->unread);
  return call;
}

Status CheckAdminToken(const Request& request, const BearerToken& token) {
  if (!token.Admits(request.authorization)) {
    return Error{Errc::kUnauthorized, "Authorization: not the operator's token"};
  }
  return {};
}

}  // namespace rtcroom
