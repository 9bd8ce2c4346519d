// Reads what a request to `utils` says.
#pragma once

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "handlers/endpoints.h"
#include "handlers/form.h"
#include "handlers/protocol.h"
#include "handlers/request.h"

namespace rtcroom {

/// Query, body and bearer token; who the caller is, is for others to find out.
/// @errors kBadRequest naming what is not valid UTF-8, holds a NUL, or cannot be read.
Result<Request> ReadUtilsRequest(const HttpRequest& request, Protocol protocol, FormPairs query);

/// @errors kBadRequest for a query that is not valid UTF-8, or holds a NUL.
Status CheckQuery(const FormPairs& query);

/// Whether the operator is who asks.
/// @errors kUnauthorized, also while no token is configured.
/// @source protocol F.8.
Status CheckOperator(const Request& request, const OperatorToken& token);

}  // namespace rtcroom
