// A streaming call of the room server that a worker process keeps running.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/status.h>

#include "daemon/base/clock.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/secret.h"
#include "daemon/base/thread_annotations.h"
#include "daemon/grpc/call_retry.h"

namespace rtcroom {

struct ServerCallOptions {
  std::string method = {};                    ///< /PACKAGE.SERVICE/METHOD
  std::string event = {};                     ///< logged when the server has answered
  std::string lost_event = {};                ///< logged when a call has ended, with its reason
  Secret token = {};                          ///< empty: not sent
  std::chrono::milliseconds silence{45'000};  ///< three times what the server promises
  std::chrono::milliseconds backoff{500};  ///< after the first failure; doubles with each further
  std::chrono::milliseconds max_backoff{10'000};
};

/// The objects that the loop of a worker process is given; all of them outlive it.
struct WorkerDeps {
  Secret token;                            ///< of the calls; empty: not sent
  std::shared_ptr<grpc::Channel> channel;  ///< shared with gRPC's own threads
  const Clock& clock;
  Logger& logger;
  /// The worker has started. Called once, before the first call of the server.
  std::function<void()> ready;
  /// Tells the number of mixes or sessions, and whether the server is there. Called at least every
  /// five seconds: the service manager restarts a worker that does not.
  std::function<void(std::size_t count, bool is_served)> report;
};

/// Keeps a call running: again after it has ended, and instead of one that is silent for too long.
///
/// @threads for one thread.
template <typename Request, typename Response>
class ServerCall {
 public:
  struct Deps {
    std::shared_ptr<grpc::Channel> channel;  ///< shared with gRPC's own threads
    const Clock& clock;
    Logger& logger;
    /// Called by any thread when it is time to call `Step`; must not block.
    std::function<void()> wake;
    /// The first message of each call. None: an empty one, and no other is sent.
    std::function<Request()> hello = {};
  };

  ServerCall(ServerCallOptions options, Deps deps)
      : options_(std::move(options)),
        deps_(std::move(deps)),
        retry_(options_.backoff, options_.max_backoff),
        stub_(deps_.channel) {}

  /// Begins and ends calls as far as it is time to; never waits for the server.
  /// @return when to call it again at the latest.
  MonotonicTime Step() {
    const MonotonicTime now = deps_.clock.Monotonic();
    if (call_ != nullptr) CheckCall(now);
    if (call_ == nullptr && now >= call_at_) {
      call_ = std::make_unique<Call>(stub_, options_, deps_);
      heard_at_ = now;
    }
    return call_ == nullptr ? call_at_ : heard_at_ + options_.silence;
  }

  /// The next message of the running call, in the order of arrival; nullopt when there is none.
  std::optional<Response> Take() {
    std::optional<Response> response = call_ == nullptr ? std::nullopt : call_->Take();
    if (!response) return std::nullopt;
    heard_at_ = deps_.clock.Monotonic();
    retry_.Worked();
    if (!std::exchange(is_served_, true)) deps_.logger.Info(options_.event);
    return response;
  }

  /// Sends it, in the order of the calls; without a running call it is dropped, as the next call
  /// begins with a hello. One too many for a server that does not read ends the call.
  void Send(Request request) {
    if (call_ != nullptr) call_->Send(std::move(request));
  }

  /// Whether something has arrived in the running call.
  [[nodiscard]] bool is_served() const { return is_served_; }

 private:
  using Stub = grpc::TemplatedGenericStub<Request, Response>;

  /// The most in each queue: more than the sessions of a worker. A call that fills one is ended.
  static constexpr std::size_t kMostWaiting = 4096;

  /// One call. gRPC's threads store what arrives and send what waits; the owner's thread takes and
  /// adds. It ends its call and waits for that.
  ///
  /// @threads the callbacks on gRPC's threads, one at a time, the rest on the owner's.
  class Call : public grpc::ClientBidiReactor<Request, Response> {
   public:
    Call(Stub& stub, const ServerCallOptions& options, const Deps& deps) : wake_(deps.wake) {
      if (!options.token.empty()) {
        context_.AddMetadata("authorization", "Bearer " + options.token.Reveal());
      }
      stub.PrepareBidiStreamingCall(&context_, options.method, {}, this);
      // gRPC's own synchronization would do, but the thread sanitizer cannot see it.
      MutexLock lock(mutex_);
      this->AddHold();  // for what is sent, which begins outside the callbacks
      if (deps.hello) {
        sent_ = deps.hello();
        this->StartWrite(&sent_);
      } else {
        this->StartWriteLast(&sent_, {});
      }
      this->StartRead(&arrived_);
      this->StartCall();
    }
    ~Call() override {
      Cancel();
      MutexLock lock(mutex_);
      while (!end_) ended_.Wait(mutex_);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void Cancel() { context_.TryCancel(); }

    std::optional<Response> Take() {
      MutexLock lock(mutex_);
      if (responses_.empty()) return std::nullopt;
      Response response = std::move(responses_.front());
      responses_.pop_front();
      return response;
    }
    void Send(Request request) {
      MutexLock lock(mutex_);
      if (is_over_) return;
      if (requests_.size() >= kMostWaiting) return Cancel();
      requests_.push_back(std::move(request));
      WriteNextLocked();
    }
    /// How it ended; nullopt while it runs.
    std::optional<grpc::Status> End() {
      MutexLock lock(mutex_);
      return end_;
    }

    void OnReadDone(bool ok) override {
      {
        MutexLock lock(mutex_);
        if (!ok) {
          Cancel();  // a message that cannot be parsed does not end the call by itself
          is_over_ = true;
          return this->RemoveHold();
        }
        if (responses_.size() < kMostWaiting) {
          responses_.push_back(std::move(arrived_));
        } else {
          Cancel();
        }
      }
      arrived_.Clear();
      wake_();
      this->StartRead(&arrived_);
    }
    void OnWriteDone(bool ok) override {
      MutexLock lock(mutex_);
      is_writing_ = false;
      if (ok && !is_over_) WriteNextLocked();
    }
    void OnDone(const grpc::Status& status) override {
      // All under the lock: afterwards this object, and what it wakes, may be gone.
      MutexLock lock(mutex_);
      end_ = status;
      ended_.NotifyAll();
      wake_();
    }

   private:
    void WriteNextLocked() REQUIRES(mutex_) {
      if (is_writing_ || requests_.empty()) return;
      sent_ = std::move(requests_.front());
      requests_.pop_front();
      is_writing_ = true;
      this->StartWrite(&sent_);
    }

    const std::function<void()> wake_;
    grpc::ClientContext context_;
    Request sent_;
    Response arrived_;
    Mutex mutex_;
    CondVar ended_;
    bool is_writing_ GUARDED_BY(mutex_) = true;
    bool is_over_ GUARDED_BY(mutex_) = false;
    std::deque<Request> requests_ GUARDED_BY(mutex_);
    std::deque<Response> responses_ GUARDED_BY(mutex_);
    std::optional<grpc::Status> end_ GUARDED_BY(mutex_);
  };

  void CheckCall(MonotonicTime now) {
    const std::optional<grpc::Status> end = call_->End();
    if (!end) {
      if (now - heard_at_ < options_.silence) return;
      call_->Cancel();
      heard_at_ = now;  // its end comes now
      return;
    }
    call_.reset();  // also drops messages that have arrived: nobody would get the answers
    call_at_ = retry_.Ended(now, *end, options_.lost_event, deps_.logger);
    is_served_ = false;
  }

  const ServerCallOptions options_;
  const Deps deps_;
  CallRetry retry_;
  Stub stub_;
  std::unique_ptr<Call> call_;
  MonotonicTime heard_at_{};
  MonotonicTime call_at_{};  ///< when no call is running
  bool is_served_ = false;
};

}  // namespace rtcroom
