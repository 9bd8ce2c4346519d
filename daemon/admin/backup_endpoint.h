// `POST /backup` of the admin listener.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "daemon/admin/admin_router.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"

namespace rtcroom {

/// Parses the reply on the caller's side: the name of the copy.
/// @errors kUnavailable: there is none; the sentence gives the reason.
Result<std::string> CopyNamedIn(int http_status, const std::string& body);

/// Makes a copy of the store, one at a time, and answers with its name in the data directory:
/// `{"code":0,"file":"..."}`. Concurrent requests get 503.
///
/// @threads `Route`'s handler safe from any thread; it waits at most for the last steps of a thread
///          that has made its copy. Owns a thread while one is made, which blocks on the disk.
class BackupEndpoint {
 public:
  /// Returns the name of the copy; fails soon after a stop is requested.
  using MakeCopy = std::function<Result<std::string>(const std::stop_token&)>;

  BackupEndpoint(MakeCopy make_copy, Logger& logger)
      : make_copy_(std::move(make_copy)), logger_(logger) {}
  /// It does what `Stop` does.
  ~BackupEndpoint() { Stop(); }
  BackupEndpoint(const BackupEndpoint&) = delete;
  BackupEndpoint& operator=(const BackupEndpoint&) = delete;

  /// Valid as long as this object.
  AdminRoute Route();

  /// Cancels a running copy and answers its request; later requests are refused.
  void Stop() EXCLUDES(mutex_);

 private:
  void Handle(AdminResponder& responder) EXCLUDES(mutex_);
  void Run(const std::stop_token& stop, AdminResponder& responder) EXCLUDES(mutex_);
  void EndRun() EXCLUDES(mutex_);
  AdminReply Make(const std::stop_token& stop);

  const MakeCopy make_copy_;
  Logger& logger_;
  Mutex mutex_;
  bool is_running_ GUARDED_BY(mutex_) = false;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
