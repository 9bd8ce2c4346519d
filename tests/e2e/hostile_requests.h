// Requests that no honest client sends, and the expected replies.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace rtcroom {

/// The state of the connection after the replies.
enum class Afterwards : std::uint8_t {
  kServes,  ///< the next request on it is understood: the framing is intact
  kCloses,  ///< the server closes it: bytes after a refused head cannot be trusted
  kHangsUp  ///< the client closes it in the middle of its request
};

struct HostileRequest {
  std::string name = {};
  std::string bytes = {};
  /// The statuses of the replies, in order; each may be one of several where RFC 9112 allows a
  /// choice.
  std::vector<std::vector<int>> replies = {};
  Afterwards afterwards = Afterwards::kCloses;
};
inline std::ostream& operator<<(std::ostream& out, const HostileRequest& request) {
  return out << request.name;
}

/// A request that is answered with 200 and code 0.
std::string GoodRequest();

/// The whole table; every name is unique.
/// @source RFC 9112.
std::vector<HostileRequest> HostileRequests();

// The parts of the table, each in a separate file.
void AddHostileLines(std::vector<HostileRequest>& table);
void AddHostileHeaders(std::vector<HostileRequest>& table);
void AddHostileBodies(std::vector<HostileRequest>& table);
void AddHostileTargets(std::vector<HostileRequest>& table);
void AddHostilePipelines(std::vector<HostileRequest>& table);

/// Bytes sent to a TLS port that are not a valid handshake: by name and bytes.
struct HostileHello {
  std::string name = {};
  std::string bytes = {};
};
std::vector<HostileHello> HostileHellos();

// For the files of the table.
inline constexpr std::string_view kGoodTarget = "/weapp/double_room/get_room_list";
inline constexpr std::string_view kGoodBody = R"({"index":0,"cnt":1})";

/// `kGoodTarget` with these additional header lines, each with its CRLF.
std::string WithHeaders(std::string_view lines, std::string_view body = kGoodBody);
/// `kGoodTarget` with these header lines and no others, so without a Host or a length.
std::string WithOnlyHeaders(std::string_view lines, std::string_view body = {});

}  // namespace rtcroom
