// Server calls of the TRTC service.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "daemon/base/clock.h"
#include "daemon/base/result.h"
#include "daemon/core/ids.h"
#include "daemon/http_client/outgoing_http.h"
#include "daemon/media/cloud_call.h"

namespace rtcroom {

/// A room of the service: the number 7 and the text "7" are two rooms. Numbers are those of
/// webrtc_room, texts those of all other kinds.
using TrtcRoom = std::variant<std::uint32_t, std::string>;

inline constexpr std::size_t kMaxTrtcRoomBytes = 64;
inline constexpr std::uint32_t kMaxTrtcRoomNumber = 4'294'967'294;
/// The most users of one call.
inline constexpr std::size_t kMaxTrtcUsers = 10;

struct TrtcOptions {
  CloudAccount account{.base_url = "https://trtc.tencentcloudapi.com"};  ///< with a region
  std::uint32_t sdk_app_id = 0;
};

/// DismissRoom or DismissRoomByStrRoomId.
/// @errors kBadRequest for a room that the service cannot have.
Result<CloudAction> TrtcDismissAction(const TrtcOptions& options, const TrtcRoom& room);

/// RemoveUser or RemoveUserByStrRoomId.
/// @errors kBadRequest likewise, and unless there are 1 to 10 users.
Result<CloudAction> TrtcRemoveAction(const TrtcOptions& options, const TrtcRoom& room,
                                     std::span<const UserId> users);

/// @errors kUnavailable, with the service's error code as its detail. A room or user that is not
///         there is as wanted.
Status ReadTrtcReply(const OutgoingReply& reply);

/// The service takes 20 calls per second: callers limit their rate.
///
/// @threads safe from any thread. Calls block for `timeout` at most, throw nothing and do not log.
/// @source docs/tencent-live.md, "Calls to TRTC".
class TrtcApi {
 public:
  /// @param http, clock  outlive this object.
  TrtcApi(TrtcOptions options, OutgoingHttp& http, const Clock& clock);

  /// Ends the room and disconnects its users.
  /// @errors as above; kUnreachable. The call may be repeated.
  Status Dismiss(const TrtcRoom& room, std::chrono::milliseconds timeout);

  /// Disconnects users from the room.
  /// @errors likewise.
  Status Remove(const TrtcRoom& room, std::span<const UserId> users,
                std::chrono::milliseconds timeout);

 private:
  Status Call(const Result<CloudAction>& action, std::chrono::milliseconds timeout);

  const TrtcOptions options_;
  OutgoingHttp& http_;
  const Clock& clock_;
};

}  // namespace rtcroom
