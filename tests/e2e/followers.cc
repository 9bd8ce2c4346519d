#include "tests/e2e/followers.h"

#include <atomic>

#include <grpcpp/grpcpp.h>
#include <rtcroom/v1/membership_notifier.grpc.pb.h>

#include "daemon/base/mutex.h"

namespace rtcroom {
namespace {

constexpr std::size_t kOfAConnection = 100;

}  // namespace

struct Followers::Connection {
  explicit Connection(const std::string& address)
      : stub(v1::MembershipNotifier::NewStub(
            grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), Arguments()))) {}

  static grpc::ChannelArguments Arguments() {
    grpc::ChannelArguments arguments;
    // Channels to the same address would otherwise share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // Keeps the window of a stream at 64 KB; the probe would increase it to megabytes.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return arguments;
  }

  std::unique_ptr<v1::MembershipNotifier::Stub> stub;
};

class Followers::Follower : public grpc::ClientReadReactor<v1::WatchResponse> {
 public:
  Follower(Connection& connection, Reading reading) : reading_(reading) {
    request_.mutable_now();
    connection.stub->async()->Watch(&context_, &request_, this);
    // A subscriber that does not read may only start reading at the end while the stream is held
    // open.
    if (reading_ == Reading::kReads) {
      StartRead(&response_);
    } else {
      AddHold();
    }
    StartCall();
  }

  void End() {
    context_.TryCancel();
    // Unread messages would keep the stream open.
    if (reading_ == Reading::kNeverReads) {
      StartRead(&response_);
      RemoveHold();
    }
    const MutexLock lock(mutex_);
    while (!is_done_) done_.Wait(mutex_);
  }

  [[nodiscard]] std::size_t messages() const { return messages_; }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    ++messages_;
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& /*status*/) override {
    const MutexLock lock(mutex_);
    is_done_ = true;
    done_.NotifyAll();
  }

  const Reading reading_;
  grpc::ClientContext context_;
  v1::WatchRequest request_;
  v1::WatchResponse response_;
  std::atomic<std::size_t> messages_{0};
  Mutex mutex_;
  CondVar done_;
  bool is_done_ GUARDED_BY(mutex_) = false;
};

Followers::Followers(const std::string& address, std::size_t count, Reading reading) {
  followers_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % kOfAConnection == 0) connections_.push_back(std::make_unique<Connection>(address));
    followers_.push_back(std::make_unique<Follower>(*connections_.back(), reading));
  }
}

Followers::~Followers() {
  for (const std::unique_ptr<Follower>& follower : followers_) follower->End();
}

std::size_t Followers::messages() const {
  std::size_t messages = 0;
  for (const std::unique_ptr<Follower>& follower : followers_) messages += follower->messages();
  return messages;
}

}  // namespace rtcroom
