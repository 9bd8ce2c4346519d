#include "daemon/admin/backup_endpoint.h"

#include <exception>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/admin/admin_reply.h"
#include "daemon/base/exception_type.h"
#include "daemon/base/log_scope.h"

namespace rtcroom {
namespace {

constexpr int kCopyMade = 200;

}  // namespace

Result<std::string> CopyNamedIn(int http_status, const std::string& body) {
  const nlohmann::json reply = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto text = [&reply](const char* field) {
    const bool is_there = reply.is_object() && reply.contains(field) && reply[field].is_string();
    return is_there ? reply[field].get<std::string>() : std::string();
  };
  std::string file = text("file");
  if (http_status == kCopyMade && !file.empty()) return file;
  std::string why = text("detail");
  if (why.empty()) why = fmt::format("HTTP status {}", http_status);
  return Error{Errc::kUnavailable, std::move(why)};
}

AdminRoute BackupEndpoint::Route() {
  return {.method = "POST",
          .path = "/backup",
          .handler = [this](const HttpRequest&, AdminResponder& responder) { Handle(responder); }};
}

void BackupEndpoint::Handle(AdminResponder& responder) {
  const MutexLock lock(mutex_);
  if (is_stopped_) return responder.Send(AdminFailure({Errc::kUnavailable, "draining"}));
  if (is_running_) {
    return responder.Send(AdminFailure({Errc::kStoreBusy, "a backup is being made"}));
  }
  // Shared with the thread, which may not start.
  const auto reply = std::make_shared<AdminResponder>(std::move(responder));
  try {
    // The previous thread has reported that it is done; the assignment joins it.
    thread_ = std::jthread(
        [this, reply, asked = std::string(LogScope::Current())](const std::stop_token& stop) {
          const LogScope scope(asked);
          Run(stop, *reply);
        });
    is_running_ = true;
  } catch (const std::system_error& no_thread) {
    reply->Send(AdminFailure({Errc::kUnavailable, no_thread.what()}));
  }
}

void BackupEndpoint::Run(const std::stop_token& stop, AdminResponder& responder) {
  try {
    AdminReply made = Make(stop);
    EndRun();
    responder.Send(std::move(made));
  } catch (const std::exception&) {
    // An exception that left the thread would end the process. The destroyed responder answers.
    EndRun();
    logger_.Error("backup_fault", {{"type", CurrentExceptionType()}});
  }
}

void BackupEndpoint::EndRun() {
  const MutexLock lock(mutex_);
  is_running_ = false;
}

AdminReply BackupEndpoint::Make(const std::stop_token& stop) {
  const Result<std::string> made = make_copy_(stop);
  if (made) {
    logger_.Info("backup_created", {{"file", *made}});
    return AdminSuccess({{"file", *made}});
  }
  logger_.Warn("backup_failed",
               {{"error", ErrcName(made.error().code)}, {"detail", made.error().detail}});
  return AdminFailure(made.error());
}

void BackupEndpoint::Stop() {
  std::jthread last;  // joined without the lock, which the thread takes at its end
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    last = std::move(thread_);
  }
}

}  // namespace rtcroom
