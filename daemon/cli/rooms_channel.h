// The way to a running server's room API.
#pragma once

#include <memory>

#include <grpcpp/channel.h>

#include "daemon/cli/rooms_access.h"

namespace rtcroom {

/// A connection, made at the first call and again whenever it is lost.
std::shared_ptr<grpc::Channel> ConnectTo(const RoomsServer& server);

}  // namespace rtcroom
