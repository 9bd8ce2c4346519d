#include "daemon/http_client/outgoing_target.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include <fmt/format.h>

namespace rtcroom {
namespace {

/// 1 to 65535, or nullopt.
std::optional<int> ParsePort(std::string_view digits) {
  int port = 0;
  const char* const end = digits.data() + digits.size();
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): bounded by `end`
  const auto [rest, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || rest != end || port < 1 || port > 65535) return std::nullopt;
  return port;
}

}  // namespace

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

  std::optional<int> port = tls ? 443 : 80;
  const std::string_view behind_host = authority.substr(host_end + (bracketed ? 1 : 0));
  if (!behind_host.empty()) {
    if (!behind_host.starts_with(':')) return std::nullopt;
    port = ParsePort(behind_host.substr(1));
  }
  if (!port) return std::nullopt;
  return OutgoingTarget{
      .tls = tls,
      .host = std::string(host),
      .port = *port,
      .path = fmt::format("{}{}", base_url.substr(authority_end), path_and_query)};
}

}  // namespace rtcroom
