// A stand-in for a room server that orders sessions of browsers.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <rtcroom/v1/room_admin.grpc.pb.h>

#include "daemon/base/mutex.h"
#include "daemon/base/thread_annotations.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

/// `RoomAdmin` with the call ServeWeb only, for one worker, at an address that stays the same.
///
/// @threads safe from any thread.
class WebSource {
 public:
  WebSource() : service_(*this) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) throw std::runtime_error("no server at " + address());
  }
  ~WebSource() {
    EndCalls();
    server_->Shutdown(std::chrono::system_clock::now());
  }
  WebSource(const WebSource&) = delete;
  WebSource& operator=(const WebSource&) = delete;

  [[nodiscard]] std::string address() const {
    return "unix:" + (folder_.path() / "grpc.sock").string();
  }

  /// Sends an order in the running call, or in the next one.
  void Order(v1::WebOrder order) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    orders_.push_back(std::move(order));
    changed_.NotifyAll();
  }
  void EndCalls() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++epoch_;
    changed_.NotifyAll();
  }
  /// Refuses calls with that status; OK: none.
  void Refuse(const grpc::Status& status) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    refusal_ = status;
  }

  /// All reports so far, of all calls.
  [[nodiscard]] std::vector<v1::WebReport> reports() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return reports_;
  }
  [[nodiscard]] int calls() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return calls_;
  }
  /// The authorization of the last call; empty when there was none.
  [[nodiscard]] std::string authorization() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return authorization_;
  }

 private:
  using Stream = grpc::ServerReaderWriter<v1::WebOrder, v1::WebReport>;

  class Service : public v1::RoomAdmin::Service {
   public:
    explicit Service(WebSource& source) : source_(source) {}
    grpc::Status ServeWeb(grpc::ServerContext* context, Stream* stream) override {
      return source_.Serve(*context, *stream);
    }

   private:
    WebSource& source_;
  };

  grpc::Status Serve(grpc::ServerContext& context, Stream& stream) EXCLUDES(mutex_) {
    int epoch = 0;
    {
      MutexLock lock(mutex_);
      ++calls_;
      const auto found = context.client_metadata().find("authorization");
      authorization_ = found == context.client_metadata().end()
                           ? ""
                           : std::string(found->second.data(), found->second.size());
      if (!refusal_.ok()) return refusal_;
      epoch = epoch_;
    }
    std::jthread reader([&] {
      v1::WebReport report;
      while (stream.Read(&report)) {
        MutexLock lock(mutex_);
        reports_.push_back(report);
      }
    });
    while (const std::optional<v1::WebOrder> order = Next(context, epoch)) stream.Write(*order);
    context.TryCancel();  // ends the reader
    return {grpc::StatusCode::UNAVAILABLE, "stopping"};
  }

  std::optional<v1::WebOrder> Next(const grpc::ServerContext& context, int epoch) EXCLUDES(mutex_) {
    constexpr std::chrono::milliseconds kLookForCancellation{20};
    MutexLock lock(mutex_);
    while (epoch == epoch_ && !context.IsCancelled()) {
      if (!orders_.empty()) {
        v1::WebOrder order = std::move(orders_.front());
        orders_.pop_front();
        return order;
      }
      changed_.WaitUntil(mutex_, std::chrono::steady_clock::now() + kLookForCancellation);
    }
    return std::nullopt;
  }

  const TempDirectory folder_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<v1::WebOrder> orders_ GUARDED_BY(mutex_);
  std::vector<v1::WebReport> reports_ GUARDED_BY(mutex_);
  grpc::Status refusal_ GUARDED_BY(mutex_);
  std::string authorization_ GUARDED_BY(mutex_);
  int epoch_ GUARDED_BY(mutex_) = 0;
  int calls_ GUARDED_BY(mutex_) = 0;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rtcroom
