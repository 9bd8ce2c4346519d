// Looks into the database of a stopped server.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rtcroom {

/// What is wrong in it: damage, gaps in a room's history, a history that does not add up to the
/// members that are stored. Empty when all is well. Events must not have been trimmed.
std::vector<std::string> AuditStore(const std::filesystem::path& database);

/// What happened, in the order of commit: "<room> <number within the room> <what>". The server may
/// run.
std::vector<std::string> HistoryOf(const std::filesystem::path& database);

}  // namespace rtcroom
