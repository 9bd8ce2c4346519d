// Maps errors to gRPC statuses.
#pragma once

#include <grpcpp/support/status.h>

#include "daemon/base/result.h"

namespace rtcroom {

/// The message of `kBadRequest` is its own sentence, which names the field; other errors have fixed
/// messages without internal details.
grpc::Status StatusOf(const Error& error);

}  // namespace rtcroom
