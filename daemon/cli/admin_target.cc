#include "daemon/cli/admin_target.h"

#include <algorithm>

#include "daemon/base/listen_address.h"

namespace rtcroom {

std::optional<UrlParts> SplitUrl(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return std::nullopt;
  const std::size_t host = url.find("://") + 3;
  const std::size_t slash = std::min(url.find('/', host), url.size());
  if (slash == host) return std::nullopt;
  return UrlParts{.base_url = url.substr(0, slash),
                  .path = slash == url.size() ? "/" : url.substr(slash)};
}

std::optional<std::string> AdminBaseUrl(const std::string& listen) {
  const std::optional<std::string> address = ReachableFromHere(listen);
  if (!address) return std::nullopt;
  return "http://" + *address;
}

}  // namespace rtcroom
