// Keeps gRPC's callback threads awake.
#pragma once

#include <memory>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// gRPC's callback threads sleep for 100 ms whenever they have been idle for a second. An event
/// that arrives during the sleep reaches its subscribers at once, but the second event of the same
/// commit waits for a callback first. A ping gives one of the threads work; with one at least
/// every 900 ms, at most one thread sleeps at a time: it has been idle for a second, so another
/// thread took the last ping and stays awake for as long as the sleep lasts.
///
/// A ping is a call over an unusable channel: it fails at once, in this process, and costs about
/// 50 us.
/// @source gRPC, src/cpp/common/completion_queue_cc.cc, CallbackAlternativeCQ.
///
/// @threads safe from any thread.
class GrpcPollerKeepAwake {
 public:
  GrpcPollerKeepAwake();
  ~GrpcPollerKeepAwake();  ///< waits for the ping in progress
  GrpcPollerKeepAwake(const GrpcPollerKeepAwake&) = delete;
  GrpcPollerKeepAwake& operator=(const GrpcPollerKeepAwake&) = delete;

  /// Does nothing while the previous ping is in progress.
  void Ping();

 private:
  struct Call {
    grpc::ClientContext context{};
    grpc::ByteBuffer request{};
    grpc::ByteBuffer response{};
  };

  void Release();

  grpc::GenericStub stub_;
  Mutex mutex_;
  CondVar changed_;
  int users_ GUARDED_BY(mutex_) = 0;  ///< of the call: who began it, and its callback
  std::unique_ptr<Call> call_;        // that of the thread that has set `users_`
};

}  // namespace rtcroom
