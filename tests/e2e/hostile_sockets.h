// Tables of handshakes, texts and requests that no honest new client of the message channel sends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace rtcroom {

/// Limit of a message and of the body of a poll.
inline constexpr std::size_t kMaxTextBytes = 65536;
inline constexpr int kBadField = 10004;

/// A handshake by its headers.
struct HostileHandshake {
  std::string name = {};
  std::string request_line = "GET /channel/ws HTTP/1.1";
  std::map<std::string, std::string> headers = {};
  int status = 0;
};
inline std::ostream& operator<<(std::ostream& out, const HostileHandshake& row) {
  return out << row.name;
}

/// The headers of an honest handshake, with these changes; an empty value removes one.
std::map<std::string, std::string> With(const std::map<std::string, std::string>& changes = {});
std::string HeadOf(const HostileHandshake& row);
std::vector<HostileHandshake> HostileHandshakes();

/// Bytes on an open socket, and the code with which it is closed.
struct HostileBytes {
  std::string name = {};
  std::string bytes = {};
  std::uint16_t code = 0;
};
inline std::ostream& operator<<(std::ostream& out, const HostileBytes& row) {
  return out << row.name;
}

/// Texts on a socket that is not connected yet.
std::vector<HostileBytes> HostileTexts();
/// `text` so many times.
std::string Repeat(std::string_view text, std::size_t times);

/// A request, and the codes with which it may be answered; 0: it is no failure.
struct HostileRequest {
  std::string name = {};
  std::string verb = {};
  nlohmann::json body = nlohmann::json::object();
  std::set<int> codes = {};
};
inline std::ostream& operator<<(std::ostream& out, const HostileRequest& row) {
  return out << row.name;
}

/// Values that no field expects, by name.
std::vector<std::pair<std::string, nlohmann::json>> OddValues();
/// Requests of a connected socket, which has subscribed to the room "r1", and of a poll.
std::vector<HostileRequest> HostileSocketRequests();

}  // namespace rtcroom
