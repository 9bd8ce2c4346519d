// Parses and checks requests to `utils`.
#pragma once

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http/message.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/shared/protocol.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// Reads query, body and Authorization header; does not identify the caller.
/// @errors kBadRequest, naming the part that is not valid UTF-8, holds a NUL, or cannot be parsed.
Result<Request> ReadUtilsRequest(const HttpRequest& request, Protocol protocol, FormPairs query);

/// @errors kBadRequest for a query that is not valid UTF-8, or holds a NUL.
Status CheckQuery(const FormPairs& query);

/// Whether the request carries the admin token.
/// @errors kUnauthorized, also while no token is configured.
/// @source protocol F.8.
Status CheckAdminToken(const Request& request, const BearerToken& token);

}  // namespace rtcroom
