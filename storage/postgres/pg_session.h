// The settings of a session, and what has to hold in it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "storage/postgres/pg_connection.h"

namespace rtcroom::pg {

/// Parses the settings in `options` of a connection string: "-c NAME=VALUE" or "--NAME=VALUE",
/// where a backslash keeps the character behind it.
/// @errors kStoreBroken for other switches; without any part of the text.
Result<std::vector<std::pair<std::string, std::string>>> ParseSessionOptions(
    std::string_view options);

// Startup parameters are not used for settings: a pooler may ignore them, and a role's own settings
// would count then.

/// The calls must run together, as the first of a session. Settings of the connection string come
/// last.
std::vector<PgCall> SetSession(const PgSettings& settings,
                               const std::vector<std::pair<std::string, std::string>>& options);

/// The calls must run after those, in a transaction of their own: a pooler may give each of them
/// another session of the server.
std::vector<PgCall> ReadSession();

/// Whether the session has the program's settings, and is nobody else's.
/// @param set   the results of `SetSession`.
/// @param read  the results of `ReadSession`.
/// @errors kStoreBroken: one sentence, which says what to change.
Status CheckSession(const PgSettings& settings, std::vector<PgRows> set, std::vector<PgRows> read);

}  // namespace rtcroom::pg
