// The table of endpoints, their paths, and the rules that determine a request's protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/sip_hash.h"
#include "daemon/core/ids.h"
#include "daemon/http/http_handler.h"
#include "daemon/http/message.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/shared/field_spec.h"
#include "handlers/shared/protocol.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// The path segments under which an endpoint is mounted.
enum class RouteScope : std::uint8_t {
  kEveryRoomKind,  ///< `double_room`, `multi_room`, `live_room`
  kLiveRoom,       ///< `live_room` only
  kWebrtcRoom,     ///< `webrtc_room`, a separate service
  kUtils,          ///< `utils`, which is not a room kind
};

/// The protocols that have an endpoint, and the rule that selects one for a request (protocol C.1).
enum class RouteProtocol : std::uint8_t {
  kGen1,     ///< only gen-1 has it (rule 5)
  kGen2,     ///< only gen-2 has it (rules 3, 5)
  kWebrtc,   ///< webrtc_room has it (rule 2)
  kByQuery,  ///< both dialects: a `token` or `userID` key in the query, even empty, means gen-2
             ///< (6, 7)
  kByLogin,  ///< both: a `userSig` or `sdkAppID` key in the query means gen-2 (4)
  kAlike,    ///< both, with identical behavior (3)
};

/// Whether a path exists.
enum class RouteSwitch : std::uint8_t {
  kAlwaysOn,
  kUtils,  ///< with `utils.enabled`; an unknown path otherwise
};

/// Whether a gen-2 caller must be logged in.
enum class RouteLogin : std::uint8_t { kNeeded, kNotNeeded };

/// The rate-limit tokens that a call takes (protocol F.9).
enum class RouteTokens : std::uint8_t {
  kNone,            ///< a refusal would evict an honest member behind a shared address
  kAddress,         ///< of the address, and of the user where a token proves the caller
  kAddressAndUser,  ///< without a proven caller, also of the body's `userID` at that address
};

/// Whether caches may store the replies: not when they hold tickets, tokens or signed URLs.
enum class RouteCaching : std::uint8_t {
  kUnspecified,
  kNever,  ///< no cache may store them
};

/// An endpoint: the path, the protocols, the fields, and where and how it runs.
struct EndpointSpec {
  std::string_view endpoint{};       ///< the last path segment, in lower case
  std::string_view method = "POST";  ///< besides OPTIONS, which every path supports
  /// One of the three is set; with none the path does not exist.
  Handler handler = nullptr;
  AsyncHandler async = nullptr;
  SlicedHandler sliced = nullptr;
  /// The reply to a client that names itself when `handler` misses a member; may wait for the
  /// store. Null: the handler's own.
  Handler explain_missing = nullptr;
  RouteScope scope = RouteScope::kEveryRoomKind;
  RouteProtocol protocol = RouteProtocol::kByQuery;
  RouteLogin login = RouteLogin::kNeeded;
  RouteSwitch on = RouteSwitch::kAlwaysOn;
  RouteTokens tokens = RouteTokens::kAddress;
  RouteCaching caching = RouteCaching::kUnspecified;
  /// The fields are in the order of their checks: the first bad one is reported. Unknown ones are
  /// ignored. Those that prove the caller are in the query of every gen-2 call and not listed.
  std::span<const FieldSpec> fields{};
  std::span<const FieldSpec> gen2_fields{};  ///< where gen-2 has others
  RequestPlan plan{};
};

/// Every endpoint, in the order of the table.
std::span<const EndpointSpec> AllEndpoints();

/// The fields of requests in `protocol`.
std::span<const FieldSpec> RequestFields(const EndpointSpec& endpoint, Protocol protocol);

/// The protocol of a request to `route`, when its prefix does not pin one.
/// @source protocol C.1, rules 2 to 7.
Protocol ProtocolOf(const EndpointSpec& route, const FormPairs& query);

/// Whether `route` exists in `protocol`.
bool Serves(const EndpointSpec& route, Protocol protocol);

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
