#include "daemon/config/listen_address.h"

#include <charconv>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace rtcroom {
namespace {

// The spelling that the system itself would print, so that two spellings of one address are equal.
std::optional<std::string> Canonical(int family, std::string_view host) {
  in6_addr address{};  // large enough for both families
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_pton(family, std::string(host).c_str(), &address) != 1) return std::nullopt;
  if (inet_ntop(family, &address, text, sizeof text) == nullptr) return std::nullopt;
  return std::string(text);
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

bool ListenAddress::IsLoopback() const { return IsLoopbackHost(host); }
bool ListenAddress::IsWildcard() const { return host == "0.0.0.0" || host == "::"; }

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<std::uint16_t> port = ParsePort(text.substr(colon + 1));
  std::string_view name = text.substr(0, colon);
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  std::optional<std::string> host;
  if (bracketed) {
    host = Canonical(AF_INET6, name.substr(1, name.size() - 2));
  } else {
    host = Canonical(AF_INET, name == "localhost" ? "127.0.0.1" : name);
  }
  if (!port || !host) return std::nullopt;
  return ListenAddress{.host = *std::move(host), .port = *port};
}

bool Collide(const ListenAddress& one, const ListenAddress& other) {
  if (one.port == 0 || one.port != other.port) return false;
  return one.host == other.host || one.IsWildcard() || other.IsWildcard();
}

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Every address of 127.0.0.0/8 is the machine itself (RFC 1122, 3.2.1.3).
  return host.starts_with("127.") && Canonical(AF_INET, host).has_value();
}

}  // namespace rtcroom
