#include "storage/sqlite/interruption.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <sqlite3.h>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

/// Instructions of SQLite's virtual machine: well under a millisecond.
constexpr int kStepsBetweenQuestions = 10'000;

/// Half of what a server allows; `Checkpointer`.
constexpr std::uintmax_t kLongLog = std::uintmax_t{128} << 20;
/// The growth beyond what was there at the beginning.
constexpr std::uintmax_t kLeastGrowth = std::uintmax_t{64} << 20;

/// Empty for a database without a file.
std::filesystem::path LogOf(const Database& database) {
  const char* const file = sqlite3_db_filename(database.handle(), "main");
  if (file == nullptr || *file == '\0') return {};
  return sqlite3_filename_wal(file);
}

}  // namespace

void Interruption::Interrupt::operator()() const { sqlite3_interrupt(database.handle()); }

// Both ways are needed: an interrupt between two statements is lost, and a check of the whole file
// does not call the progress handler for seconds.
Interruption::Interruption(Database& database, std::stop_token stop)
    : database_(database),
      stop_(std::move(stop)),
      on_stop_(stop_, Interrupt{database_}),
      log_(LogOf(database)),
      most_log_bytes_(std::max(kLongLog, LogBytes() + kLeastGrowth)) {
  sqlite3_progress_handler(database_.handle(), kStepsBetweenQuestions, &Interruption::OnProgress,
                           this);
}

Interruption::~Interruption() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }

int Interruption::OnProgress(void* self) {
  auto& interruption = *static_cast<Interruption*>(self);
  if (interruption.LogBytes() >= interruption.most_log_bytes_) interruption.gave_way_ = true;
  return interruption.gave_way_ || interruption.stop_.stop_requested() ? 1 : 0;
}

std::uintmax_t Interruption::LogBytes() const {
  std::error_code missing;
  const std::uintmax_t bytes = std::filesystem::file_size(log_, missing);
  return missing ? 0 : bytes;
}

}  // namespace rtcroom
