// What nobody who means well sends, and how each of it is to be answered.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace rtcroom {

/// What becomes of the connection after the replies.
enum class Afterwards : std::uint8_t {
  kServes,  ///< the next request on it is understood: nobody lost count of the bytes
  kCloses,  ///< the server ends it: nothing after a refused head can be trusted
  kHangsUp  ///< the client ends it in the midst of its request
};

struct HostileRequest {
  std::string name = {};
  std::string bytes = {};
  /// Of the replies, in their order; each of them may be one of several where RFC 9112 leaves
  /// the choice.
  std::vector<std::vector<int>> replies = {};
  Afterwards afterwards = Afterwards::kCloses;
};
inline std::ostream& operator<<(std::ostream& out, const HostileRequest& request) {
  return out << request.name;
}

/// A request that is answered with 200 and code 0.
std::string GoodRequest();

/// Of the whole table; every name occurs once.
/// @source RFC 9112.
std::vector<HostileRequest> HostileRequests();

// The parts of the table, each in a file of its own.
void AddHostileLines(std::vector<HostileRequest>& table);
void AddHostileHeaders(std::vector<HostileRequest>& table);
void AddHostileBodies(std::vector<HostileRequest>& table);
void AddHostileTargets(std::vector<HostileRequest>& table);
void AddHostilePipelines(std::vector<HostileRequest>& table);

/// What comes to a TLS port and is no handshake that the server takes part in: by name and bytes.
struct HostileHello {
  std::string name = {};
  std::string bytes = {};
};
std::vector<HostileHello> HostileHellos();

// For the files of the table.
inline constexpr std::string_view kGoodTarget = "/weapp/double_room/get_room_list";
inline constexpr std::string_view kGoodBody = R"({"index":0,"cnt":1})";

/// `kGoodTarget` asked with these further header lines, each with its CRLF.
std::string WithHeaders(std::string_view lines, std::string_view body = kGoodBody);
/// `kGoodTarget` asked with these header lines and no others, so without a Host or a length.
std::string WithOnlyHeaders(std::string_view lines, std::string_view body = {});

}  // namespace rtcroom
