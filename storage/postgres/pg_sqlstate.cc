#include "storage/postgres/pg_sqlstate.h"

#include "storage/postgres/pg_error_text.h"

namespace rtcroom {

PgMeaning PgMeaningOf(std::string_view sqlstate) {
  if (StartsWithAny(sqlstate, {"22012", "23505", "40001", "40P01"})) return PgMeaning::kConflict;
  if (IsOfPgConnection(sqlstate) || StartsWithAny(sqlstate, {"53", "55P03"})) {
    return PgMeaning::kBusy;
  }
  return PgMeaning::kBroken;
}

bool IsOfPgConnection(std::string_view sqlstate) {
  return StartsWithAny(sqlstate, {"25006", "0A000", "26000"});
}

bool IsLastingPgRefusal(std::string_view sqlstate) {
  return StartsWithAny(sqlstate, {"0A", "22", "28", "3D", "42"});
}

}  // namespace rtcroom
