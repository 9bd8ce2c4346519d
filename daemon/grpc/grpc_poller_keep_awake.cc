#include "daemon/grpc/grpc_poller_keep_awake.h"

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
  while (users_ > 0) changed_.Wait(mutex_);
}

void GrpcPollerKeepAwake::Ping() {
  {
    const MutexLock lock(mutex_);
    if (users_ > 0) return;
    users_ = 2;
  }
  call_ = std::make_unique<Call>();
  const grpc::Slice nothing("");
  call_->request = grpc::ByteBuffer(&nothing, 1);
  stub_.UnaryCall(&call_->context, "/nowhere/Ping", grpc::StubOptions(), &call_->request,
                  &call_->response, [this](const grpc::Status& /*fails*/) { Release(); });
  Release();
}

void GrpcPollerKeepAwake::Release() {
  const MutexLock lock(mutex_);
  --users_;
  changed_.NotifyAll();
}

}  // namespace rtcroom
