// `POST /backup` of the operator's port.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "daemon/admin/admin_router.h"
#include "daemon/base/logger.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "handlers/pending_reply.h"

namespace rtcroom {

/// What the one who asked reads from the answer: the name of the copy.
/// @errors kUnavailable: there is none; the sentence says why.
Result<std::string> CopyNamedIn(int http_status, const std::string& body);

/// Has a copy of the store made, one at a time, and answers with its name in the data directory:
/// `{"code":0,"file":"..."}`. While one is being made another is 503.
///
/// @threads `Route`'s handler safe from any thread; it waits at most for the last steps of a thread
///          that has made its copy. Owns a thread while one is made, which blocks on the disk.
class BackupEndpoint {
 public:
  /// Returns the name of the copy; fails soon after a stop is asked for.
  using MakeCopy = std::function<Result<std::string>(const std::stop_token&)>;

  BackupEndpoint(MakeCopy make_copy, Logger& logger)
      : make_copy_(std::move(make_copy)), logger_(logger) {}
  /// As `Stop`.
  ~BackupEndpoint() { Stop(); }
  BackupEndpoint(const BackupEndpoint&) = delete;
  BackupEndpoint& operator=(const BackupEndpoint&) = delete;

  /// Lives as long as this.
  AdminRoute Route();

  /// A copy that is being made is called off, and its request answered; later ones are refused.
  void Stop() EXCLUDES(mutex_);

 private:
  std::optional<HttpReply> Handle(const DeferReply& defer) EXCLUDES(mutex_);
  void Run(const std::stop_token& stop, PendingReply& reply) EXCLUDES(mutex_);
  void EndRun() EXCLUDES(mutex_);
  HttpReply Make(const std::stop_token& stop);

  const MakeCopy make_copy_;
  Logger& logger_;
  Mutex mutex_;
  bool is_running_ GUARDED_BY(mutex_) = false;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::jthread thread_ GUARDED_BY(mutex_);
};

}  // namespace rtcroom
