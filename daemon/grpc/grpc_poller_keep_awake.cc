#include "daemon/grpc/grpc_poller_keep_awake.h"

#include <memory>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/slice.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/stub_options.h>

namespace rtcroom {

// A channel without credentials: every call on it fails.
GrpcPollerKeepAwake::GrpcPollerKeepAwake() : stub_(grpc::CreateChannel("nowhere", nullptr)) {}

GrpcPollerKeepAwake::~GrpcPollerKeepAwake() {
  const MutexLock lock(mutex_);
  while (is_under_way_) changed_.Wait(mutex_);
}

void GrpcPollerKeepAwake::Ping() {
  {
    const MutexLock lock(mutex_);
    if (is_under_way_) return;
    is_under_way_ = true;
  }
  const auto call = std::make_shared<Call>();  // shared by the callback
  const grpc::Slice nothing("");
  call->request = grpc::ByteBuffer(&nothing, 1);
  stub_.UnaryCall(&call->context, "/nowhere/Ping", grpc::StubOptions(), &call->request,
                  &call->response, [this, call](const grpc::Status& /*fails*/) { OnCallDone(); });
}

void GrpcPollerKeepAwake::OnCallDone() {
  const MutexLock lock(mutex_);
  is_under_way_ = false;
  changed_.NotifyAll();
}

}  // namespace rtcroom
