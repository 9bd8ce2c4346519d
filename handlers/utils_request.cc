#include "handlers/utils_request.h"

#include <string_view>
#include <utility>

#include "handlers/body.h"
#include "handlers/text.h"

namespace rtcroom {
namespace {

constexpr std::string_view kBearer = "Bearer ";

Secret BearerOf(const Secret& authorization) {
  std::string_view text = authorization.Reveal();
  if (!EqualsIgnoringCase(text.substr(0, kBearer.size()), kBearer)) return {};
  text.remove_prefix(kBearer.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  return Secret(std::string(text));
}

Status CheckQuery(const FormPairs& query) {
  for (const auto& [name, value] : query) {
    if (!IsUtf8(name) || !IsUtf8(value)) return Error{Errc::kBadRequest, "query: not valid UTF-8"};
    if (HasNul(name) || HasNul(value)) return Error{Errc::kBadRequest, "query: holds a NUL"};
  }
  return {};
}

}  // namespace

Result<Request> ReadUtilsRequest(const HttpRequest& request, Protocol protocol, FormPairs query) {
  Request call{
      .protocol = protocol, .query = std::move(query), .bearer = BearerOf(request.authorization)};
  if (const Status readable = CheckQuery(call.query); !readable) return readable.error();
  Result<nlohmann::json> body = ParseBody(request.content_type, request.body);
  if (!body) return body.error();
  call.body = *std::move(body);
  return call;
}

std::string QueryValue(const Request& request, std::string_view name) {
  const std::string* const value = FindFirst(request.query, name);
  return value == nullptr ? std::string() : *value;
}

Status CheckOperator(const Request& request, const OperatorToken& token) {
  if (!token.Admits(request.bearer)) return Error{Errc::kUnauthorized, "no token of the operator"};
  return {};
}

}  // namespace rtcroom
