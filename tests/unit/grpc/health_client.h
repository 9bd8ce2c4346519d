// A client of grpc.health.v1 with hand-written messages: the packages contain no code for it.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "tests/support/eventually.h"

namespace rtcroom {

enum class Health : std::uint8_t {
  kServing,
  kNotServing,
  kUnknown,  ///< no such service
  kGone,     ///< the call ended in another way
};

inline std::ostream& operator<<(std::ostream& out, Health health) {
  return out << (health == Health::kServing      ? "serving"
                 : health == Health::kNotServing ? "not serving"
                 : health == Health::kUnknown    ? "unknown"
                                                 : "gone");
}

/// Decodes a HealthCheckResponse.
inline Health ReadHealth(const grpc::ByteBuffer& response) {
  grpc::Slice bytes;
  if (!response.DumpToSingleSlice(&bytes).ok() || bytes.size() < 2) return Health::kGone;
  const std::uint8_t status = bytes.begin()[1];
  return status == 1 ? Health::kServing : status == 2 ? Health::kNotServing : Health::kUnknown;
}

/// HealthCheckRequest for a service whose name is shorter than 128 bytes.
inline grpc::ByteBuffer HealthRequest(const std::string& service) {
  const grpc::Slice slice("\x0a" + std::string(1, static_cast<char>(service.size())) + service);
  return {&slice, 1};
}

/// Follows the health of the whole server.
/// @threads for one thread.
class HealthWatch {
 public:
  explicit HealthWatch(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    context_.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
    call_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    call_->StartCall(nullptr);
    Await();
    call_->WriteLast(HealthRequest(""), {}, nullptr);
    Await();
  }
  ~HealthWatch() {
    context_.TryCancel();
    queue_.Shutdown();
    while (Await()) {
    }
  }
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  /// Waits for the next message.
  Health Next() {
    grpc::ByteBuffer response;
    call_->Read(&response, nullptr);
    return Await() ? ReadHealth(response) : Health::kGone;
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

/// Makes a call of any service with one message and waits for its end.
inline grpc::Status CallOnce(const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& method, const grpc::ByteBuffer& request,
                             grpc::ByteBuffer* response, const std::string& token = {}) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

inline Health CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& service) {
  grpc::ByteBuffer response;
  const grpc::Status status =
      CallOnce(channel, "/grpc.health.v1.Health/Check", HealthRequest(service), &response);
  if (status.ok()) return ReadHealth(response);
  return status.error_code() == grpc::NOT_FOUND ? Health::kUnknown : Health::kGone;
}

}  // namespace rtcroom
