#include "daemon/config/store_url.h"

#include <algorithm>
#include <array>
#include <ranges>

namespace rtcroom {
namespace {

// Both are of libpq: PostgreSQL, "Connection URIs".
constexpr std::array<std::string_view, 2> kPostgresSchemes = {"postgresql://", "postgres://"};

/// Whether there is `user:password@` before the hosts.
bool HasUserPassword(std::string_view rest) {
  // An @ anywhere else is encoded, or the URL is refused when it is parsed.
  const std::size_t at = rest.rfind('@');
  const std::size_t colon = rest.find(':');
  return at != std::string_view::npos && colon < at && colon + 1 != at;
}

bool IsPasswordParameter(std::string_view parameter) {
  return std::ranges::any_of(std::array<std::string_view, 2>{"password=", "sslpassword="},
                             [&](std::string_view name) {
                               return parameter.starts_with(name) && parameter.size() > name.size();
                             });
}

}  // namespace

bool IsPostgresUrl(std::string_view text) {
  return std::ranges::any_of(kPostgresSchemes,
                             [&](std::string_view scheme) { return text.starts_with(scheme); });
}

std::string StoreUrl::Shown() const { return IsPostgres() ? "postgresql://***" : Reveal(); }

bool StoreUrl::HasPassword() const {
  if (!IsPostgres()) return false;
  std::string_view rest = Reveal();
  rest.remove_prefix(rest.find("://") + 3);
  if (HasUserPassword(rest)) return true;
  const std::size_t query = rest.find('?');
  if (query == std::string_view::npos) return false;
  return std::ranges::any_of(std::views::split(rest.substr(query + 1), '&'), [](const auto& part) {
    return IsPasswordParameter({part.begin(), part.end()});
  });
}

}  // namespace rtcroom
