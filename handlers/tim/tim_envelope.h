// The frames of today's IM SDKs: requests, replies and pushes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "daemon/base/result.h"
#include "handlers/tim/tim_commands.h"

namespace rtcroom::tim {

/// Longest text of a member of a head that is read; longer ones count as missing. A usersig may
/// have 4 KiB.
inline constexpr std::size_t kMaxHeadText = 8192;

struct SocketCommand;

/// The head of a request.
struct Head {
  std::string servcmd{};
  const SocketCommand* command = nullptr;  ///< of that name; null: there is none
  std::uint64_t seq = 0;                   ///< comes back in the reply
  std::string identifier{};
  std::string user_sig{};
  std::string a2{};
  std::string tiny_id{};
};

struct Envelope {
  Head head{};
  /// An object, null for a command that reads none; or why it cannot be read, though it is JSON.
  Result<nlohmann::ordered_json> body = nlohmann::ordered_json::object();
};

/// Reads a frame. A body that is missing or null is `{}`.
/// @return nullopt for what is no JSON object, or has no head with a `servcmd` and a `seq` from 0
///         to 2^53.
std::optional<Envelope> ReadEnvelope(std::string_view text);

/// The frame of a reply.
std::string ReplyTo(const Head& head, const Reply& reply);

/// The frame of a push.
/// @param events    elements of its list, joined by commas.
/// @param session   comes back in the receipt, where one is asked for; needs no escape.
std::string MessagePush(std::string_view events, std::string_view session, bool needs_ack);
/// The frame that ends a login; no receipt is asked of it.
std::string KickPush(KickType type);

/// The position up to which a client has received a room's messages, or those between accounts.
struct Received {
  std::uint64_t room_number = 0;  ///< 0: between accounts
  std::uint64_t until = 0;        ///< a seq; a position of those between accounts

  bool operator==(const Received&) const = default;
};
/// An opaque text, not empty.
std::string SessionOf(const Received& received);
/// @return nullopt for any other text.
std::optional<Received> ReadSession(std::string_view text);

}  // namespace rtcroom::tim
