// Where the operator's port of a server is.
#pragma once

#include <optional>
#include <string>

namespace rtcroom {

/// `http://host/path` in its two parts.
struct UrlParts {
  std::string base_url = {};
  std::string path = {};  ///< "/" when there is none
};

/// @return nothing unless it begins with http:// or https:// and a host.
std::optional<UrlParts> SplitUrl(const std::string& url);

/// The base URL by which a listener on that address is found from this machine.
/// @return nothing when its port is not known before the start.
std::optional<std::string> AdminBaseUrl(const std::string& listen);

}  // namespace rtcroom
