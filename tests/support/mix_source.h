// A stand-in for a room server that wants mixes.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
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

/// `RoomAdmin` with the call FollowMixes only, at an address that stays the same.
///
/// @threads safe from any thread, but for `Start` and `Stop`.
class MixSource {
 public:
  /// Starts it.
  MixSource() { Start(); }
  ~MixSource() { Stop(); }
  MixSource(const MixSource&) = delete;
  MixSource& operator=(const MixSource&) = delete;

  [[nodiscard]] std::string address() const {
    return "unix:" + (folder_.path() / "grpc.sock").string();
  }

  void Start() {
    if (server_ != nullptr) return;
    service_.emplace(*this);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(&*service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) throw std::runtime_error("no server at " + address());
  }
  /// Ends all calls, and is gone.
  void Stop() {
    if (server_ == nullptr) return;
    EndCalls();
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  /// Sends this to those who follow, and to those who will; nothing is sent before the first one.
  void Want(const v1::WantedMixes& wanted) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    wanted_ = wanted;
    ++version_;
    changed_.NotifyAll();
  }
  /// Ends the running calls.
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

  /// Calls so far, refused ones too, and those that run.
  [[nodiscard]] int calls() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return calls_;
  }
  [[nodiscard]] int followers() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return followers_;
  }
  /// The authorization of the last call; empty when there was none.
  [[nodiscard]] std::string authorization() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return authorization_;
  }

 private:
  class Service : public v1::RoomAdmin::Service {
   public:
    explicit Service(MixSource& source) : source_(source) {}
    grpc::Status FollowMixes(grpc::ServerContext* context,
                             const v1::FollowMixesRequest* /*request*/,
                             grpc::ServerWriter<v1::WantedMixes>* writer) override {
      return source_.Serve(*context, *writer);
    }

   private:
    MixSource& source_;
  };

  grpc::Status Serve(grpc::ServerContext& context, grpc::ServerWriter<v1::WantedMixes>& writer)
      EXCLUDES(mutex_) {
    int sent = 0;
    int epoch = 0;
    {
      MutexLock lock(mutex_);
      ++calls_;
      const auto found = context.client_metadata().find("authorization");
      authorization_ = found == context.client_metadata().end()
                           ? ""
                           : std::string(found->second.data(), found->second.size());
      if (!refusal_.ok()) return refusal_;
      ++followers_;
      epoch = epoch_;
    }
    while (const std::optional<v1::WantedMixes> wanted = Next(context, epoch, sent)) {
      if (!writer.Write(*wanted)) break;
    }
    MutexLock lock(mutex_);
    --followers_;
    return {grpc::StatusCode::UNAVAILABLE, "stopping"};
  }

  /// What is not sent yet; nullopt at the end of the call.
  std::optional<v1::WantedMixes> Next(const grpc::ServerContext& context, int epoch, int& sent)
      EXCLUDES(mutex_) {
    constexpr std::chrono::milliseconds kLookForCancellation{20};
    MutexLock lock(mutex_);
    while (epoch == epoch_ && !context.IsCancelled()) {
      if (sent != version_) {
        sent = version_;
        return wanted_;
      }
      changed_.WaitUntil(mutex_, std::chrono::steady_clock::now() + kLookForCancellation);
    }
    return std::nullopt;
  }

  const TempDirectory folder_;
  mutable Mutex mutex_;
  CondVar changed_;
  v1::WantedMixes wanted_ GUARDED_BY(mutex_);
  grpc::Status refusal_ GUARDED_BY(mutex_);
  std::string authorization_ GUARDED_BY(mutex_);
  int version_ GUARDED_BY(mutex_) = 0;
  int epoch_ GUARDED_BY(mutex_) = 0;
  int calls_ GUARDED_BY(mutex_) = 0;
  int followers_ GUARDED_BY(mutex_) = 0;
  std::optional<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace rtcroom
