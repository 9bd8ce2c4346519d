// How failures are told to callers of gRPC.
#pragma once

#include <grpcpp/support/status.h>

#include "daemon/base/result.h"

namespace rtcroom {

/// Of `kBadRequest` its own sentence goes out, which names the field; of everything else only
/// words that say nothing of our insides.
grpc::Status StatusOf(const Error& error);

}  // namespace rtcroom
