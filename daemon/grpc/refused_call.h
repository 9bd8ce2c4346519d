// Streaming calls that end before they begin.
#pragma once

#include <grpcpp/support/status.h>

namespace rtcroom {

/// Ends a call with that status; deletes itself.
/// @tparam Reactor  the method's class of gRPC.
template <typename Reactor>
class RefusedCall final : public Reactor {
 public:
  explicit RefusedCall(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

/// The status of calls that end, or do not begin, as the server stops.
inline grpc::Status ServerStopping() {
  return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"};
}

}  // namespace rtcroom
