// Maps the paths of the server to routes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/sip_hash.h"
#include "daemon/http/message.h"
#include "handlers/rooms/endpoint_spec.h"

namespace rtcroom {

/// A path prefix of the endpoints.
struct RouteMount {
  std::string prefix{};              ///< leading and trailing slashes are ignored
  std::optional<Protocol> pinned{};  ///< mounts only the routes of this protocol
};

/// A route under one of its paths.
struct RouteEntry {
  const EndpointSpec* route = nullptr;
  std::optional<RoomKind> kind{};    ///< nullopt under `utils`
  std::optional<Protocol> pinned{};  ///< by the prefix
};

/// Paths are `<prefix>/<kind>/<endpoint>`, in any letter case; repeated and trailing slashes, which
/// some clients send, are ignored (protocol 0.2). Where two prefixes yield the same path, the first
/// one applies (protocol C.1).
///
/// @threads immutable: safe from any thread.
class RouteTable {
 public:
  explicit RouteTable(const std::vector<RouteMount>& mounts);

  /// One look-up; allocates nothing.
  /// @param path  percent-decoded, without the query.
  /// @return the route with that method, else any route of the path; null for an unknown path.
  [[nodiscard]] const RouteEntry* Find(std::string_view method, std::string_view path) const;

  /// The methods of a path, as the header Allow lists them.
  [[nodiscard]] std::string AllowedMethods(std::string_view path) const;

 private:
  void Add(const RouteMount& mount);

  using Entries = std::vector<RouteEntry>;  ///< of one path

  [[nodiscard]] const Entries* EntriesOf(std::string_view path) const;

  std::unordered_map<std::string, Entries, NameHash, std::equal_to<>> paths_;  ///< normalized
};

}  // namespace rtcroom
