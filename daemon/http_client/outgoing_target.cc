#include "daemon/http_client/outgoing_target.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "daemon/base/ip_address.h"

namespace rtcroom {

std::optional<OutgoingTarget> ParseOutgoingTarget(std::string_view base_url,
                                                  std::string_view path_and_query) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  const bool tls = base_url.starts_with(kHttps);
  if (!tls && !base_url.starts_with(kHttp)) return std::nullopt;
  base_url.remove_prefix(tls ? kHttps.size() : kHttp.size());
  while (base_url.ends_with('/')) base_url.remove_suffix(1);

  const std::size_t authority_end = std::min(base_url.find('/'), base_url.size());
  const std::string_view authority = base_url.substr(0, authority_end);
  const bool bracketed = authority.starts_with('[');
  const std::size_t host_end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) return std::nullopt;
  const std::string_view host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  if (host.empty()) return std::nullopt;

  std::optional<std::uint16_t> port = tls ? 443 : 80;
  const std::string_view behind_host = authority.substr(host_end + (bracketed ? 1 : 0));
  if (!behind_host.empty()) {
    if (!behind_host.starts_with(':')) return std::nullopt;
    port = ParsePort(behind_host.substr(1));
  }
  if (!port || *port == 0) return std::nullopt;
  return OutgoingTarget{
      .tls = tls,
      .host = std::string(host),
      .port = *port,
      .path = fmt::format("{}{}", base_url.substr(authority_end), path_and_query)};
}

}  // namespace rtcroom
