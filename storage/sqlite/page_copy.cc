#include "storage/sqlite/page_copy.h"

#include <sqlite3.h>

namespace rtcroom {
namespace {

/// Two megabytes: writers wait for some milliseconds.
constexpr int kPagesOfAStep = 512;

}  // namespace

void PageCopy::Finisher::operator()(sqlite3_backup* copy) const { sqlite3_backup_finish(copy); }

PageCopy::PageCopy(Database& from, Database& to)
    : to_(to), copy_(sqlite3_backup_init(to.handle(), "main", from.handle(), "main")) {}

Result<bool> PageCopy::Step() {
  if (copy_ == nullptr) return LastError(to_.handle(), "copy");
  const int outcome = sqlite3_backup_step(copy_.get(), kPagesOfAStep);
  if (outcome == SQLITE_OK) return false;
  if (outcome == SQLITE_DONE) return true;
  copy_.reset();  // which tells the connection what has failed
  return LastError(to_.handle(), "copy");
}

}  // namespace rtcroom
