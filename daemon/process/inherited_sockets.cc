#include "daemon/process/inherited_sockets.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/listen_address.h"
#include "daemon/base/parse_integer.h"

namespace rtcroom {
namespace {

constexpr const char* kPid = "LISTEN_PID";
constexpr const char* kCount = "LISTEN_FDS";
constexpr const char* kNames = "LISTEN_FDNAMES";
constexpr std::array<const char*, 3> kVariables = {kPid, kCount, kNames};

/// The number that four listeners can have; a larger one is an error.
constexpr int kMaxSockets = 4 * kMaxListenAddresses;

std::optional<int> NumberIn(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::nullopt : ParseInteger<int>(found->second);
}

std::vector<std::string> Names(const std::string& text) {
  std::vector<std::string> names;
  for (const auto name : std::views::split(text, ':')) {
    names.emplace_back(name.begin(), name.end());
  }
  return names;
}

}  // namespace

Result<InheritedSockets> InheritedSockets::FromEnvironment(const Environment& environment,
                                                           pid_t own_pid, int first) {
  // Variables inherited from a parent are ignored: they are for the parent.
  if (NumberIn(environment, kPid) != own_pid) return InheritedSockets();
  const std::optional<int> count = NumberIn(environment, kCount);
  if (!count || *count < 0 || *count > kMaxSockets) {
    return Error{Errc::kUnavailable, fmt::format("{}: not a number up to {}", kCount, kMaxSockets)};
  }
  std::vector<std::string> names(static_cast<std::size_t>(*count));
  if (const auto named = environment.find(kNames); named != environment.end() && *count > 0) {
    names = Names(named->second);
    if (names.size() != static_cast<std::size_t>(*count)) {
      return Error{Errc::kUnavailable,
                   fmt::format("{}: {} names for {} sockets", kNames, names.size(), *count)};
    }
  }
  std::vector<NamedSocket> sockets;
  for (int i = 0; i < *count; ++i) {
    Result<ListeningSocket> listening = AdoptListeningSocket(FileDescriptor(first + i));
    if (!listening) return listening.error();
    sockets.push_back({.name = std::move(names[static_cast<std::size_t>(i)]),
                       .listening = *std::move(listening)});
  }
  return InheritedSockets(std::move(sockets));
}

template <typename Matches>
std::optional<ListeningSocket> InheritedSockets::TakeIf(Matches matches) {
  const auto found = std::ranges::find_if(waiting_, matches);
  if (found == waiting_.end()) return std::nullopt;
  ListeningSocket taken = std::move(found->listening);
  waiting_.erase(found);
  return taken;
}

InheritedSockets::Taken InheritedSockets::Take(std::string_view name,
                                               std::span<const std::string> addresses) {
  const auto suits = [name](const NamedSocket& socket) {
    return name.starts_with("grpc") || !socket.listening.address.starts_with("unix:");
  };
  Taken taken;
  const auto is_named = [&](const NamedSocket& socket) {
    return socket.name == name && suits(socket);
  };
  while (std::optional<ListeningSocket> named = TakeIf(is_named)) {
    taken.sockets.push_back(*std::move(named));
  }
  if (!taken.sockets.empty()) return taken;
  for (const std::string& address : addresses) {
    const std::optional<ListenAddress> wanted = ParseListenAddress(address);
    std::optional<ListeningSocket> bound = TakeIf([&](const NamedSocket& socket) {
      const std::string& its = socket.listening.address;
      return suits(socket) && (wanted ? ParseListenAddress(its) == wanted : its == address);
    });
    if (bound) {
      taken.sockets.push_back(*std::move(bound));
    } else {
      taken.missing.push_back(address);
    }
  }
  return taken;
}

Status InheritedSockets::CheckAllTaken() const {
  if (waiting_.empty()) return {};
  const NamedSocket& left = waiting_.front();
  return Error{Errc::kUnavailable,
               fmt::format("inherited descriptor {} (\"{}\", {}): no listener has this name or "
                           "this address",
                           left.listening.socket.get(), left.name, left.listening.address)};
}

void UnsetListenVariables() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the contract says when to call it
  for (const char* name : kVariables) unsetenv(name);
}

bool IsListenVariable(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  return std::ranges::find(kVariables, name) != kVariables.end();
}

}  // namespace rtcroom
