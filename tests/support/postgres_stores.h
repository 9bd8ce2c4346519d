// Stores without rows on the shared PostgreSQL server.
#pragma once

#include "daemon/base/secret.h"

namespace rtcroom {

/// In a new schema: for tests that change its tables, or what the server knows of them.
/// @throws std::runtime_error, as does the next.
[[nodiscard]] Secret UrlOfNewStore();

/// The same schema each time, as its migration has left it, in a hundredth of the time of one: with
/// the rows of then, and without tables, sequences and functions that a test has made. All
/// connections to the server's database that are left end first, so that nothing of an earlier test
/// follows.
/// @threads one thread at a time.
[[nodiscard]] const Secret& UrlOfEmptiedStore();

}  // namespace rtcroom
