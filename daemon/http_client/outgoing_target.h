// Target of a call to an outside service.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

struct OutgoingTarget {
  bool tls = false;
  std::string host{};  ///< a name, or an address without brackets
  int port = 0;
  std::string path{};  ///< the base's path followed by the call's

  /// Whether a connection to one can serve the other.
  [[nodiscard]] bool SameOrigin(const OutgoingTarget& other) const {
    return tls == other.tls && host == other.host && port == other.port;
  }
};

/// @param base_url        `http://` or `https://`, host, optional port and path.
/// @param path_and_query  appended to the base's path as it is.
/// @return  nullopt when the base is not of that form.
std::optional<OutgoingTarget> ParseOutgoingTarget(std::string_view base_url,
                                                  std::string_view path_and_query);

}  // namespace rtcroom
