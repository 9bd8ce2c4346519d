#include "storage/sqlite/interruption.h"

#include <utility>

#include <sqlite3.h>

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

/// Instructions of SQLite's virtual machine: well under a millisecond.
constexpr int kStepsBetweenQuestions = 10'000;

}  // namespace

void Interruption::Interrupt::operator()() const { sqlite3_interrupt(database.handle()); }

// Both ways are needed: an interrupt between two statements is lost, and a check of the whole file
// does not call the progress handler for seconds.
Interruption::Interruption(Database& database, std::stop_token stop)
    : database_(database), stop_(std::move(stop)), on_stop_(stop_, Interrupt{database_}) {
  sqlite3_progress_handler(database_.handle(), kStepsBetweenQuestions, &Interruption::OnProgress,
                           this);
}

Interruption::~Interruption() { sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr); }

int Interruption::OnProgress(void* self) {
  return static_cast<Interruption*>(self)->stop_.stop_requested() ? 1 : 0;
}

}  // namespace rtcroom
