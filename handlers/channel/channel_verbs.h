// The requests of new clients of the message channel: how each is read, and the table of the verbs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/base/json_text.h"
#include "daemon/base/result.h"
#include "daemon/channel/channel.h"
#include "daemon/channel/push_receivers.h"

namespace rtcroom {

/// Dependencies of the verbs, which they outlive.
struct VerbContext {
  Channel& channel;
  PushReceivers& receivers;
};

/// A room that the caller may send to.
struct CallersRoom {
  RoomKey key{};
  std::uint64_t number = 0;
  Status opened{};  ///< whether that is known: the store may be away, or may have been
};

struct VerbCall {
  const UserId& account;
  RoomReach reach;
  const nlohmann::ordered_json& fields;
  const std::string& address;  ///< of the client
  std::span<const CallersRoom> rooms{};
};

/// @return the members of the reply.
using VerbHandler = Result<JsonText> (*)(const VerbCall& call, const VerbContext& context);

/// The verbs that change the connection itself have no handler here.
enum class VerbKind : std::uint8_t { kConnect, kSubscribe, kUnsubscribe, kWatch, kUnwatch, kCall };

struct Verb {
  std::string_view name{};
  std::string_view label{};  ///< for log and metrics
  VerbKind kind = VerbKind::kCall;
  VerbHandler handler = nullptr;
  bool may_block = true;  ///< it reads or writes the store
};

/// The rooms that a client may subscribe to at a time.
inline constexpr std::size_t kMaxSubscriptions = 16;
/// The most bytes of a cursor.
inline constexpr std::size_t kMaxCursorBytes = 128;
/// The most bytes of the direct messages that are pushed at once.
inline constexpr std::size_t kMaxDirectBytes = std::size_t{64} << 10;

/// The `id` of a request; nullopt when it has none that is valid.
std::optional<std::uint64_t> RequestIdOf(const nlohmann::ordered_json& object);

struct VerbRequest {
  const Verb* verb = nullptr;
  nlohmann::ordered_json fields{};
};
/// The verb of an object that has an `id`.
/// @errors kNotJson, kBadRequest. The verb is unknown where the detail is empty.
Result<VerbRequest> ReadVerb(nlohmann::ordered_json object);
/// The list that `watch` or `unwatch` names, for a login of that reach.
/// @param fields  of the request.
/// @errors as `ChannelFields::ListKind`.
Result<RoomListKey> ReadListKey(const nlohmann::ordered_json& fields, RoomReach reach);

/// `{"id":…,"<verb>":{…}}`, or with `error` in place of the verb.
std::string VerbReply(std::uint64_t id, const Verb& verb, const Result<JsonText>& outcome);
/// The reply where the verb could not be read.
std::string VerbFailure(std::uint64_t id, const Error& error);
/// `{"code":…,"message":…}`, as a member `error`.
void WriteError(const Error& error, std::string_view verb, JsonText& out);

/// The members of a reply to `subscribe`.
/// @return whether it tells what has happened since the client's cursor. Otherwise the room in it
///         replaces all that the client knew.
bool WriteView(const RoomView& view, JsonText& out);

}  // namespace rtcroom
