#include "storage/sqlite/aux_rows.h"

#include "storage/sqlite/database.h"

namespace rtcroom {
namespace {

const WriterSql kLastSession("SELECT coalesce(max(number), 0) FROM sessions");

}  // namespace

Status AuxWriter::Prepare(Database& database) {
  if (const Status prepared = StatementSet::Prepare(database); !prepared) return prepared;
  StatementRun run((*this)[kLastSession]);
  if (run.Next()) last_session_ = run.Unsigned(0);
  return run.status();
}

}  // namespace rtcroom
