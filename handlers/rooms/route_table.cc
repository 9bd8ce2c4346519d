#include "handlers/rooms/route_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

/// Above the maximum path length of the listeners.
constexpr std::size_t kMaxPathBytes = 1024;

struct Area {
  std::string_view segment;
  std::optional<RoomKind> kind;
};

constexpr auto kAreas = std::to_array<Area>({
    {"double_room", RoomKind::kDouble},
    {"multi_room", RoomKind::kMulti},
    {"live_room", RoomKind::kLive},
    {"webrtc_room", RoomKind::kWebrtc},
    {"utils", std::nullopt},
});

bool IsUnder(RouteScope scope, std::optional<RoomKind> kind) {
  switch (scope) {
    case RouteScope::kEveryRoomKind:
      return kind && kind != RoomKind::kWebrtc;
    case RouteScope::kLiveRoom:
      return kind == RoomKind::kLive;
    case RouteScope::kWebrtcRoom:
      return kind == RoomKind::kWebrtc;
    case RouteScope::kUtils:
      return !kind;
  }
  return false;
}

/// The path in lower case, with one slash before each segment and none at its end.
/// @param buffer  holds the result.
/// @return empty when the buffer is too small.
std::string_view Normalized(std::string_view path, std::span<char> buffer) {
  std::size_t size = 0;
  bool after_slash = true;
  if (path.size() >= buffer.size()) return {};
  for (const char c : path) {
    if (c == '/') {
      after_slash = true;
      continue;
    }
    if (std::exchange(after_slash, false)) buffer[size++] = '/';
    buffer[size++] = ToLower(c);
  }
  return {buffer.data(), size};
}

}  // namespace

RouteTable::RouteTable(const std::vector<RouteMount>& mounts) {
  for (const RouteMount& mount : mounts) Add(mount);
}

void RouteTable::Add(const RouteMount& mount) {
  std::string buffer(mount.prefix.size() + 2, '\0');
  const std::string prefix(Normalized(mount.prefix, buffer));
  decltype(paths_) paths;
  for (const EndpointSpec& route : AllEndpoints()) {
    if (mount.pinned && !Serves(route, *mount.pinned)) continue;
    for (const Area& area : kAreas) {
      if (!IsUnder(route.scope, area.kind)) continue;
      std::string path = prefix;
      path.append("/").append(area.segment).append("/").append(route.endpoint);
      paths[std::move(path)].push_back(
          {.route = &route, .kind = area.kind, .pinned = mount.pinned});
    }
  }
  paths_.merge(paths);  // keeps existing paths
}

const RouteTable::Entries* RouteTable::EntriesOf(std::string_view path) const {
  std::array<char, kMaxPathBytes> buffer;
  const auto found = paths_.find(Normalized(path, buffer));
  return found == paths_.end() ? nullptr : &found->second;
}

const RouteEntry* RouteTable::Find(std::string_view method, std::string_view path) const {
  const Entries* const entries = EntriesOf(path);
  if (entries == nullptr) return nullptr;
  const auto with_method = std::ranges::find_if(
      *entries, [method](const RouteEntry& entry) { return entry.route->method == method; });
  return with_method == entries->end() ? &entries->front() : &*with_method;
}

std::string RouteTable::AllowedMethods(std::string_view path) const {
  std::string methods;
  if (const Entries* const entries = EntriesOf(path)) {
    for (const RouteEntry& entry : *entries) methods.append(entry.route->method).append(", ");
  }
  return methods + "OPTIONS";
}

}  // namespace rtcroom
