// Looks into the database of a server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rtcroom {

/// What is wrong in it, as `rtcroomd check-store` finds it. Empty when all is well.
std::vector<std::string> AuditStore(const std::filesystem::path& database);

/// What happened, in the order of commit: "<room> <number within the room> <what>". The server may
/// run.
std::vector<std::string> HistoryOf(const std::filesystem::path& database);

struct AuditedEvent {
  std::string kind{};             ///< "double", "multi", "live" or "webrtc"
  std::string room{};             ///< its id
  std::uint64_t room_number = 0;  ///< tells it from others that had the same id
  std::string what{};             ///< "room_created", ...
  std::string user{};             ///< of events that tell of a member
  std::string reason{};           ///< "left", "idle", ...; empty where there is none
};

/// The same, and why.
std::vector<AuditedEvent> EventsOf(const std::filesystem::path& database);

/// How many rows a table has; -1 when it cannot be read.
std::int64_t CountRows(const std::filesystem::path& database, const std::string& table);

}  // namespace rtcroom
