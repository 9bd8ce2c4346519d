#include "daemon/process/service_reports.h"

#include <chrono>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// A further line would be another assignment.
std::string_view OneLine(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

void ServiceReports::Ready() {
  const MutexLock lock(mutex_);
  SendLocked("READY=1", "serving");
}

void ServiceReports::WaitingForDatabase(std::string_view reason) {
  const std::string status = fmt::format("waiting for the database: {}", OneLine(reason));
  const MutexLock lock(mutex_);
  if (status != status_) SendLocked("READY=1", status);
}

void ServiceReports::Reloading(std::string_view what) {
  // The manager uses this time to match a later READY=1 to one of several reloads. It is the time
  // of CLOCK_MONOTONIC, which is also the steady clock of the C++ library.
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.Monotonic().time_since_epoch());
  const MutexLock lock(mutex_);
  SendLocked(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.count()), what);
}

void ServiceReports::Stopping() {
  const MutexLock lock(mutex_);
  SendLocked("STOPPING=1", "stopping");
}

void ServiceReports::Status(std::string_view line) {
  line = OneLine(line);
  const MutexLock lock(mutex_);
  if (line == status_) return;
  status_ = line;
  manager_.Notify(fmt::format("STATUS={}", line));
}

void ServiceReports::SendLocked(std::string_view assignments, std::string_view status) {
  status_ = status;
  manager_.Notify(fmt::format("{}\nSTATUS={}", assignments, status));
}

void LoopKeepAlive::Round() {
  const MonotonicTime now = clock_.Monotonic();
  if (!timeout_ || now - sent_at_ < *timeout_ / 4) return;
  sent_at_ = now;
  reports_.KeepAlive();
}

}  // namespace rtcroom
