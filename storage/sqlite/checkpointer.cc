#include "storage/sqlite/checkpointer.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace rtcroom {
namespace {

// 16 MiB of 4 KiB pages: small enough to be recovered quickly at a start, and large enough that the
// same page is not moved again and again.
constexpr int kLongLogPages = 4096;
/// Growth of the log between two failing attempts.
constexpr int kRetryPages = 1024;
constexpr int kFailuresForATry = 16;
/// Readers that end soon delay a checkpoint by less.
constexpr int kStuckLogPages = 2 * kLongLogPages;

}  // namespace

Checkpointer::Checkpointer(Database& database, CommitCount& commits, Bounds bounds)
    : database_(database),
      commits_(commits),
      bounds_(std::move(bounds)),
      due_at_pages_(kLongLogPages) {
  sqlite3_wal_hook(database_.handle(), &Checkpointer::OnCommit, this);
}

Checkpointer::~Checkpointer() { sqlite3_wal_hook(database_.handle(), nullptr, nullptr); }

int Checkpointer::OnCommit(void* self, sqlite3*, const char*, int log_pages) {
  auto& checkpointer = *static_cast<Checkpointer*>(self);
  checkpointer.log_pages_ = log_pages;
  ++checkpointer.writes_;
  checkpointer.failures_ = 0;
  return SQLITE_OK;
}

void Checkpointer::RunWhenDue() {
  if (log_pages_ >= due_at_pages_) Run();
}

void Checkpointer::RunAfterFailure() {
  if (failures_++ % kFailuresForATry == 0) Run();
}

Status Checkpointer::CheckRoom() {
  if (moved_.ok() || !IsAtBound()) return {};
  Run();
  return moved_;
}

bool Checkpointer::IsAtBound() const {
  if (log_pages_ >= bounds_.most_pages) return true;
  return log_pages_ >= kStuckLogPages && bounds_.free_bytes && bounds_.free_bytes() < kLeastFree;
}

void Checkpointer::Run() {
  const CommitCount::UnderWay under_way(commits_);
  if (before_) before_();
  int log = 0;
  int moved = 0;
  const int outcome = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr,
                                                SQLITE_CHECKPOINT_PASSIVE, &log, &moved);
  if (outcome == SQLITE_OK && moved == log) {
    moved_ = {};
    log_pages_ = 0;  // the next commit reports its length
    due_at_pages_ = kLongLogPages;
    return;
  }
  // Busy: another program is moving the log.
  if (outcome == SQLITE_OK || (outcome & 0xff) == SQLITE_BUSY) {
    moved_ = Error{Errc::kStoreBroken,
                   fmt::format("the write-ahead log has {} pages and cannot be moved into the"
                               " database: another program reads the store in one transaction",
                               log_pages_)};
    due_at_pages_ = kLongLogPages;
    return;
  }
  moved_ = LastError(database_.handle(), "move the write-ahead log into the database");
  due_at_pages_ = log_pages_ + kRetryPages;
}

}  // namespace rtcroom
