// The rights that the addresses of browsers (WHIP and WHEP) give, and to whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/revocation_list.h"
#include "daemon/core/room_store.h"
#include "daemon/core/stream_claims.h"
#include "daemon/core/stream_urls.h"

namespace rtcroom {

/// The way that media goes.
enum class WebDirection : std::uint8_t {
  kPublish,  ///< from a browser (WHIP)
  kPlay,     ///< to a browser (WHEP)
};

/// "publish", "play".
std::string_view WebDirectionName(WebDirection direction);

/// The stream of an address, and its application on the media server.
struct WebStreamName {
  std::string stream{};
  std::string app{};
  bool operator==(const WebStreamName&) const = default;
};

/// The facts that the signature of an address proves, however long ago it was made.
struct WebGrant {
  WebDirection direction = WebDirection::kPublish;
  WebStreamName name{};
  PushBinding binding{};     ///< has a room in an address to play
  TimePoint signed_until{};  ///< when the address expires
};

/// Reads and makes the queries of addresses.
///
/// @threads implementations are safe from any thread, and quick.
class WebSignatures {
 public:
  virtual ~WebSignatures() = default;
  /// @param query  raw, without the `?`.
  /// @return nullopt: it was not signed for that, something in it was changed, or it is not plain
  ///         text.
  [[nodiscard]] virtual std::optional<WebGrant> Read(WebDirection direction,
                                                     const WebStreamName& name,
                                                     std::string_view query) const = 0;
  /// A query with which a worker plays the stream from the media server, and which `Read` reads.
  /// @param binding  null: of no session; then `Read` does not.
  [[nodiscard]] virtual std::string PlayQuery(const WebStreamName& name, const PushBinding* binding,
                                              TimePoint now) const = 0;
};

/// Whether the user that an address was made for may use it now.
///
/// @threads safe from any thread.
struct WebRights {
  RoomStore& rooms;
  const BanList& bans;
  const RevocationList& revocations;
  const StreamClaims& claims;

  /// Only a pusher of a room may publish, and the stream has to be that pusher's. Only a pusher, or
  /// in a live room a viewer, may play, and the stream has to be of a pusher of the same room. The
  /// time of the grant is not looked at.
  /// @return the room that the session belongs to.
  /// @errors kNotAllowed; to play also kStoreBusy, kStoreBroken.
  /// @threads reads the store only for a grant to play of a user who is no pusher with a stream.
  [[nodiscard]] Result<RoomKey> Check(const WebGrant& grant) const;

 private:
  [[nodiscard]] Result<RoomKey> CheckPublish(const WebGrant& grant) const;
  [[nodiscard]] Result<RoomKey> CheckPlay(const WebGrant& grant) const;
};

}  // namespace rtcroom
