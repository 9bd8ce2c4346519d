// Where a call to an outside service goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtcroom {

struct OutgoingTarget {
  bool tls = false;
  std::string host{};  ///< a name, or an address without brackets
  int port = 0;
  std::string path{};  ///< the base's path with the call's behind it

  /// Whether a connection made for one can serve the other.
  [[nodiscard]] bool SameOrigin(const OutgoingTarget& other) const {
    return tls == other.tls && host == other.host && port == other.port;
  }
};

/// @param base_url        `http://` or `https://`, host, optional port and path.
/// @param path_and_query  put behind the base's path as it is.
/// @return  nothing when the base is not of that form.
std::optional<OutgoingTarget> ParseOutgoingTarget(std::string_view base_url,
                                                  std::string_view path_and_query);

}  // namespace rtcroom
