// Reads the database of a server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rtcroom {

/// The findings of `rtcroomd check-store`. Empty when there are none.
std::vector<std::string> AuditStore(const std::filesystem::path& database);

/// The events, in commit order: "<room> <number within the room> <type>". The server may be
/// running.
std::vector<std::string> HistoryOf(const std::filesystem::path& database);

struct AuditedEvent {
  std::string kind{};             ///< "double", "multi", "live" or "webrtc"
  std::string room{};             ///< its id
  std::uint64_t room_number = 0;  ///< distinguishes successive rooms with the same ID
  std::string what{};             ///< "room_created", ...
  std::string user{};             ///< of events about a member
  std::string reason{};           ///< "left", "idle", ...; empty where there is none
};

/// The same, with reasons.
std::vector<AuditedEvent> EventsOf(const std::filesystem::path& database);

/// How many rows a table has; -1 when it cannot be read.
std::int64_t CountRows(const std::filesystem::path& database, const std::string& table);

}  // namespace rtcroom
