#include "storage/sqlite/checkpointer.h"

#include <sqlite3.h>

namespace rtcroom {
namespace {

// 16 MiB of 4 KiB pages: the log stays small enough to be read at a start in no time, and the
// same page is not moved again and again.
constexpr int kLongLogPages = 4096;

}  // namespace

Checkpointer::Checkpointer(Database& database) : database_(database) {
  sqlite3_wal_hook(database_.handle(), &Checkpointer::OnCommit, this);
}

Checkpointer::~Checkpointer() { sqlite3_wal_hook(database_.handle(), nullptr, nullptr); }

int Checkpointer::OnCommit(void* self, sqlite3*, const char*, int log_pages) {
  static_cast<Checkpointer*>(self)->log_pages_ = log_pages;
  return SQLITE_OK;
}

void Checkpointer::RunWhenDue() {
  if (log_pages_ < kLongLogPages) return;
  log_pages_ = 0;
  (void)sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                  nullptr);
}

}  // namespace rtcroom
