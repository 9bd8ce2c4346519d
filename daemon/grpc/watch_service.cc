#include "daemon/grpc/watch_service.h"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/impl/codegen/proto_utils.h>
#include <rtcroom/v1/membership_notifier.pb.h>

#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/grpc/refused_call.h"
#include "daemon/grpc/subscriber.h"
#include "daemon/grpc/watch_spec.h"

namespace rtcroom {
namespace {

// More than the maximum number of names can take. gRPC keeps the request with its stream.
constexpr std::size_t kLongestRequest = std::size_t{32} * 1024;

using Reactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

// A subscriber whose messages go out over gRPC. The hub's reference keeps it until `OnDone`, after
// which gRPC no longer uses it; threads that are calling it hold a reference of their own.
class WatchReactor final : public Reactor, public Subscriber {
 public:
  WatchReactor(WatchHub& hub, grpc::CallbackServerContext& context, WatchSpec spec)
      : Subscriber(std::move(spec), hub.deps()), hub_(hub), context_(&context) {}

  void OnWriteDone(bool ok) override { OnWritten(ok); }
  void OnCancel() override { OnCancelled(); }
  void OnDone() override {
    {
      const MutexLock lock(mutex_);
      context_ = nullptr;
    }
    hub_.Remove(*this);
  }

  void Abort() override {
    // The only call that may come while gRPC finishes the stream, so it is made under the lock, or
    // the context could be destroyed meanwhile. None of its effects run before it returns.
    const MutexLock lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }

 protected:
  void Open() override { StartSendInitialMetadata(); }
  void Write(const grpc::ByteBuffer& message) override { StartWrite(&message); }
  void Close(const grpc::Status& status, const std::string& cursor) override {
    if (!cursor.empty()) {
      const MutexLock lock(mutex_);
      context_->AddTrailingMetadata("rtcroom-cursor", cursor);
    }
    Finish(status);
  }

 private:
  WatchHub& hub_;
  Mutex mutex_;
  grpc::CallbackServerContext* context_ GUARDED_BY(mutex_);  // null when gRPC is done
};

Result<WatchSpec> ReadRequest(const grpc::ByteBuffer& request) {
  if (request.Length() > kLongestRequest) return Error{Errc::kBadRequest, "request: too long"};
  v1::WatchRequest message;
  grpc::ByteBuffer bytes = request;  // shares them
  if (!grpc::SerializationTraits<v1::WatchRequest>::Deserialize(&bytes, &message).ok()) {
    return Error{Errc::kBadRequest, "request: not a WatchRequest"};
  }
  return ReadWatchRequest(message);
}

}  // namespace

Reactor* WatchService::Watch(grpc::CallbackServerContext* context,
                             const grpc::ByteBuffer* request) {
  Result<WatchSpec> spec = ReadRequest(*request);
  if (!spec) {
    return new RefusedCall<Reactor>({grpc::StatusCode::INVALID_ARGUMENT, spec.error().detail});
  }
  const auto subscriber = std::make_shared<WatchReactor>(hub_, *context, *std::move(spec));
  if (const grpc::Status added = hub_.Add(subscriber); !added.ok()) {
    return new RefusedCall<Reactor>(added);
  }
  return subscriber.get();  // gRPC uses it until OnDone
}

}  // namespace rtcroom
