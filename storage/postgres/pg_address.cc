#include "storage/postgres/pg_address.h"

#include <algorithm>
#include <memory>
#include <ranges>

#include <fmt/format.h>

#include "storage/postgres/libpq.h"
#include "storage/postgres/pg_session.h"

namespace rtcroom {
namespace {

Error Refused(std::string_view why) {
  return Error{Errc::kStoreBroken, fmt::format("the connection string: {}", why)};
}

/// Whether what follows an unencoded separator in a password would be taken for a host or a port,
/// and be named in errors.
bool IsAmbiguous(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (!text.starts_with("postgres") || scheme == std::string_view::npos) return false;
  const std::string_view rest = text.substr(scheme + 3);
  const std::size_t at = rest.rfind('@');
  return at != std::string_view::npos && (rest.find('@') != at || rest.find_first_of("/?") < at);
}

std::vector<std::string> Split(std::string_view list) {
  std::vector<std::string> parts;
  for (const auto part : std::views::split(list, ',')) {
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

bool IsPort(std::string_view text) {
  constexpr std::size_t kMostDigits = 5;
  return text.size() <= kMostDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The n-th of a list that is as long as the hosts', empty, or of one entry for all.
Result<std::string> Entry(const std::vector<std::string>& list, std::size_t n, std::size_t size,
                          std::string_view what) {
  if (list.empty()) return std::string();
  if (list.size() == size) return list[n];
  if (list.size() == 1 && what == "port") return list.front();
  return Refused(fmt::format("{} hosts, but {} of {}", size, list.size(), what));
}

}  // namespace

Result<PgAddress> PgAddress::Parse(const Secret& connection_string, PgReportedHost* known) {
  if (!LoadedLibpq()) return LoadedLibpq().error();
  if (IsAmbiguous(connection_string.Reveal())) {
    return Refused("within a name or password, @ is written %40, / is %2F, and ? is %3F");
  }
  struct Freer {
    void operator()(PQconninfoOption* options) const { Pq().PQconninfoFree(options); }
  };
  // Its message would quote the text.
  const std::unique_ptr<PQconninfoOption, Freer> parsed(
      Pq().PQconninfoParse(connection_string.Reveal().c_str(), nullptr));
  if (!parsed) return Refused("neither a postgresql:// URI nor keywords with values");

  std::vector<std::pair<std::string, Secret>> options;
  Settings session;
  std::vector<std::string> names;
  std::vector<std::string> addresses;
  std::vector<std::string> ports;
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") {
      names = Split(option->val);
    } else if (keyword == "hostaddr") {
      addresses = Split(option->val);
    } else if (keyword == "port") {
      ports = Split(option->val);
    } else if (keyword == "options") {
      Result<Settings> settings = pg::ParseSessionOptions(option->val);
      if (!settings) return Refused(settings.error().detail);
      session = *std::move(settings);
    } else {
      options.emplace_back(keyword, Secret(option->val));
    }
  }
  if (!std::ranges::all_of(ports, IsPort)) return Refused("a port is not a number");

  std::vector<PgHost> hosts;
  // Where the string names no host, libpq finds one.
  const std::size_t size = std::max({names.size(), addresses.size(), std::size_t{1}});
  for (std::size_t n = 0; n < size; ++n) {
    Result<std::string> name = Entry(names, n, size, "host");
    Result<std::string> address = Entry(addresses, n, size, "hostaddr");
    Result<std::string> port = Entry(ports, n, size, "port");
    for (const auto* part : {&name, &address, &port}) {
      if (!*part) return part->error();
    }
    hosts.push_back({.name = *name, .address = *address, .port = *port});
  }
  PgAddress address(std::move(options), std::move(session), PgHosts(std::move(hosts)));
  if (known != nullptr) {
    if (const auto host = known->last()) address.hosts_.BeginWith(*host);
    address.shared_->known = known;
  }
  return address;
}

std::vector<PgAddress> PgAddress::Each() const {
  std::vector<PgAddress> addresses;
  for (const PgHost& host : hosts_.InOrder()) {
    std::vector<std::pair<std::string, Secret>> options;
    for (const auto& [keyword, value] : options_) {
      options.emplace_back(keyword, Secret(value.Reveal()));
    }
    addresses.push_back(PgAddress(std::move(options), session_, PgHosts({host})));
  }
  return addresses;
}

}  // namespace rtcroom
