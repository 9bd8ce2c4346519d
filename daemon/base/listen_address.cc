#include "daemon/base/listen_address.h"

#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/ip_address.h"

namespace rtcroom {

bool ListenAddress::IsV6() const { return host.find(':') != std::string::npos; }
bool ListenAddress::IsLoopback() const { return IsLoopbackHost(host); }
bool ListenAddress::IsWildcard() const { return host == "0.0.0.0" || host == "::"; }

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint16_t> port = ParsePort(text.substr(colon + 1));
  std::string_view name = text.substr(0, colon);
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  if (bracketed) name = name.substr(1, name.size() - 2);
  if (name == "localhost" && !bracketed) name = "127.0.0.1";
  const std::optional<IpAddress> host = IpAddress::Parse(name);
  if (!port || !host || host->IsV4() == bracketed) return std::nullopt;
  return ListenAddress{.host = host->ToText(), .port = *port};
}

std::vector<std::string> SplitListen(std::string_view listen) {
  if (listen.empty()) return {};
  if (listen.starts_with("unix:")) return {std::string(listen)};
  std::vector<std::string> addresses;
  for (const auto address : std::views::split(listen, ',')) {
    addresses.emplace_back(address.begin(), address.end());
  }
  return addresses;
}

std::vector<ListenAddress> ParseListenAddresses(std::string_view listen) {
  std::vector<ListenAddress> parsed;
  for (const std::string& address : SplitListen(listen)) {
    if (std::optional<ListenAddress> one = ParseListenAddress(address)) {
      parsed.push_back(*std::move(one));
    }
  }
  return parsed;
}

std::optional<std::string> ReachableFromHere(std::string_view listen) {
  std::optional<ListenAddress> address = ParseListenAddress(listen.substr(0, listen.find(',')));
  if (!address || address->port == 0) return std::nullopt;
  const bool v6 = address->IsV6();
  if (address->IsWildcard()) address->host = v6 ? "::1" : "127.0.0.1";
  return v6 ? fmt::format("[{}]:{}", address->host, address->port)
            : fmt::format("{}:{}", address->host, address->port);
}

bool Collide(const ListenAddress& one, const ListenAddress& other) {
  if (one.port == 0 || one.port != other.port) return false;
  if (one.IsV6() != other.IsV6()) return false;
  return one.host == other.host || one.IsWildcard() || other.IsWildcard();
}

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Every address of 127.0.0.0/8 is loopback (RFC 1122, 3.2.1.3).
  const std::optional<IpAddress> address = IpAddress::Parse(host);
  return address && address->IsV4() && host.starts_with("127.");
}

}  // namespace rtcroom
