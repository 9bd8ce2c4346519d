// Keeps gRPC's callback threads awake.
#pragma once

#include <memory>

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "daemon/base/mutex.h"

namespace rtcroom {

/// The threads on which gRPC calls callbacks look away for 100 ms each time that they have had
/// nothing to do for a second. An event that comes just then reaches its subscribers at once, but
/// the second event of the same commit has to wait for a callback first. A nudge gives one of the
/// threads something to do, so that with one at least every 900 ms never more than one thread looks
/// away at a time: who does has had nothing for a second, so that another took the last nudge and
/// stays for as long as the pause lasts.
///
/// A nudge is a call over a channel that cannot be used: it fails at once, in this process, and
/// costs some 50 us.
/// @source gRPC, src/cpp/common/completion_queue_cc.cc, CallbackAlternativeCQ.
///
/// @threads safe from any thread.
class CallbackNudge {
 public:
  CallbackNudge();
  ~CallbackNudge();  ///< waits for the nudge that is under way
  CallbackNudge(const CallbackNudge&) = delete;
  CallbackNudge& operator=(const CallbackNudge&) = delete;

  /// Does nothing while the one before is under way.
  void Nudge();

 private:
  struct Call {
    grpc::ClientContext context{};
    grpc::ByteBuffer request{};
    grpc::ByteBuffer response{};
  };

  void HearOfEnd();

  grpc::GenericStub nowhere_;
  Mutex mutex_;
  CondVar changed_;
  bool is_under_way_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<Call> call_;  // belongs to whoever has set `is_under_way_`
};

}  // namespace rtcroom
