// One write of a store in PostgreSQL, which shares its transaction with others.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"
#include "storage/postgres/pg_rows.h"

namespace rtcroom {

/// Runs in a transaction that has locked the row of `turn`. Its calls do not fail for reasons of
/// data, because that would fail all writes of the transaction.
struct PgWrite {
  std::vector<PgCall> calls{};
  /// Takes the results of `calls` after the commit; empty when nothing is taken from them. Its
  /// error means that the write changed nothing. It runs at most once, while what it refers to
  /// lives.
  std::function<Status(std::span<PgRows> results)> finish{};
};

/// A write of one call whose result is the number of rows that it has removed.
/// @param removed  receives it.
inline PgWrite CountingRemoved(PgCall call, std::size_t& removed) {
  return {.calls = {std::move(call)}, .finish = [&removed](std::span<PgRows> results) {
            PgRows& rows = results.front();
            removed = rows.Next() ? rows.Unsigned(0) : 0;
            return rows.status();
          }};
}

}  // namespace rtcroom
