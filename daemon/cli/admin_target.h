// The address of a server's operator port.
#pragma once

#include <optional>
#include <string>

namespace rtcroom {

/// `http://host/path`, split in two.
struct UrlParts {
  std::string base_url = {};
  std::string path = {};  ///< "/" when the URL has none
};

/// @return nullopt unless it begins with http:// or https:// and a host.
std::optional<UrlParts> SplitUrl(const std::string& url);

/// The base URL of a listener on that address, as reachable from this machine.
/// @return nullopt when its port is not known before the start.
std::optional<std::string> AdminBaseUrl(const std::string& listen);

}  // namespace rtcroom
