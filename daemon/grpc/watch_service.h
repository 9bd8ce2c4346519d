// The gRPC service of event subscribers.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <rtcroom/v1/membership_notifier.grpc.pb.h>

#include "daemon/grpc/watch_hub.h"

namespace rtcroom {

/// Connects Watch streams with the hub. Requests and messages pass gRPC as bytes: an event is
/// serialised once, whatever the number of subscribers.
///
/// Order of destruction: `WatchHub::Stop`, then the gRPC server, then this, then the hub.
///
/// @threads any, as called by gRPC.
class WatchService final
    : public v1::MembershipNotifier::WithRawCallbackMethod_Watch<v1::MembershipNotifier::Service> {
 public:
  static constexpr const char* kName = "rtcroom.v1.MembershipNotifier";

  explicit WatchService(WatchHub& hub) : hub_(hub) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;

 private:
  WatchHub& hub_;
};

}  // namespace rtcroom
