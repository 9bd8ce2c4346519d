// Every path of the server and the routes it has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/sip_hash.h"
#include "daemon/http/message.h"
#include "handlers/routes.h"

namespace rtcroom {

/// A prefix under which the endpoints are found.
struct RouteMount {
  std::string prefix{};              ///< slashes at its ends do not count
  std::optional<Protocol> pinned{};  ///< only the routes of this protocol are there
};

/// A route under one of its paths.
struct RouteEntry {
  const Route* route = nullptr;
  std::optional<RoomKind> kind{};    ///< none under `utils`
  std::optional<Protocol> pinned{};  ///< by the prefix
  std::string_view allowed{};        ///< the methods of the path, as the header Allow lists them
};

/// Paths are `<prefix>/<kind>/<endpoint>`, in any letter case, with slashes doubled or one at the
/// end as clients happen to glue them (protocol 0.2). Where two prefixes have a path, the first
/// one counts (protocol C.1).
///
/// @threads immutable: safe from any thread.
class RouteTable {
 public:
  explicit RouteTable(const std::vector<RouteMount>& mounts);

  /// One look-up; allocates nothing.
  /// @param path  percent-decoded, without the query.
  /// @return the route with that method, else any route of the path; null for an unknown path.
  [[nodiscard]] const RouteEntry* Find(std::string_view method, std::string_view path) const;

 private:
  void Add(const RouteMount& mount);

  /// The routes of one path.
  struct Path {
    std::vector<RouteEntry> entries;
    std::string allowed;
  };

  std::unordered_map<std::string, Path, NameHash, std::equal_to<>> paths_;  ///< by normalized path
};

}  // namespace rtcroom
