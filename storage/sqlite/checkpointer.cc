#include "storage/sqlite/checkpointer.h"

#include <sqlite3.h>

namespace rtcroom {
namespace {

// 16 MiB of 4 KiB pages: small enough to be recovered quickly at a start, and large enough that the
// same page is not moved again and again.
constexpr int kLongLogPages = 4096;
/// Growth of the log between two failing attempts.
constexpr int kRetryPages = 1024;
constexpr int kFailuresForATry = 16;

}  // namespace

Checkpointer::Checkpointer(Database& database, CommitCount& commits, int most_pages)
    : database_(database),
      commits_(commits),
      most_pages_(most_pages),
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
  if (moved_.ok() || log_pages_ < most_pages_) return {};
  Run();
  return moved_;
}

void Checkpointer::Run() {
  const CommitCount::UnderWay under_way(commits_);
  if (before_) before_();
  const int outcome = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr,
                                                SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // Busy: another program is moving the log. Not a failure of the disk.
  if (outcome == SQLITE_OK || (outcome & 0xff) == SQLITE_BUSY) {
    moved_ = {};
    log_pages_ = 0;  // the next commit reports its length
    due_at_pages_ = kLongLogPages;
    return;
  }
  moved_ = LastError(database_.handle(), "move the write-ahead log into the database");
  due_at_pages_ = log_pages_ + kRetryPages;
}

}  // namespace rtcroom
