// The endpoints of the protocol, one file each. See protocol A.4, B.1, B.4, B.5 and B.8.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/base/address_key.h"
#include "daemon/base/secret.h"
#include "daemon/core/auth_mode.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_policy.h"
#include "handlers/rooms/reply.h"
#include "handlers/rooms/services.h"
#include "handlers/shared/protocol.h"
#include "handlers/shared/request_text.h"

namespace rtcroom {

/// A request after path, protocol and body are parsed.
struct Request {
  RoomKind room_kind = RoomKind::kDouble;  ///< meaningless under `utils`
  Protocol protocol = Protocol::kGen1;
  FormPairs query{};
  nlohmann::json body = nlohmann::json::object();  ///< `Body::fields`
  std::string unread{};                            ///< `Body::unread`
  Secret authorization{};  ///< the header, under utils; empty when there is none
  /// The caller, where a token proves it: in gen-2, unless tokens are not required.
  std::optional<UserId> proven_caller{};
  std::string from{};     ///< what an unproven caller is bound to; empty: not bound
  std::string address{};  ///< the client's, as `Admission` takes it

  [[nodiscard]] const ProtocolTraits& traits() const { return TraitsOf(protocol); }
  [[nodiscard]] Dialect dialect() const { return traits().dialect; }
  /// The address and user charged with a seat that this call takes.
  [[nodiscard]] SeatOwner owner() const {
    return {.address = AddressKey(address), .user = proven_caller};
  }
};

struct RouterOptions {
  std::string prefix = "/weapp";  ///< webrtc_room is mounted under `/webrtc` as well
  std::string gen1_prefix{};      ///< requests under it are gen-1, whatever their form; "" = off
  std::string gen2_prefix{};      ///< likewise gen-2
  AuthMode auth_mode = AuthMode::kMixed;
  std::uint32_t sdk_app_id = 0;
  std::string account_type = "0";
  CustomSet custom_set = CustomSet::kMembers;
  bool gen1_login = false;    ///< gen-1 callers may log in, under any name
  bool trust_userid = false;  ///< callers may choose the identity that they get a ticket for
  bool gen1_bind = false;     ///< a gen-1 pusher may call only from the address that added it
  BusyReply busy = BusyReply::kAsAnyFailure;
};

/// The input of every handler besides the request.
struct HandlerContext {
  Services services;
  RouterOptions options{};
};

/// Reads the fields, calls one use case, shapes the reply. Expected failures are in the reply.
using Handler = Reply (*)(const Request& request, const HandlerContext& context);

/// The handler of an endpoint that waits for an outside service: it may return first and answer
/// then, so that the wait holds no thread. `request` is gone by then; `context` is not.
using AsyncHandler = void (*)(const Request& request, const HandlerContext& context, Answer answer);

/// Does some of the work on a reply; returns the reply when all is done. Called until then.
using Slice = std::function<std::optional<Reply>()>;

/// The handler of an endpoint whose work would delay other requests: they run between two slices.
/// `request` is gone by then; `context` is not.
using SlicedHandler = Slice (*)(const Request& request, const HandlerContext& context);

/// The slice of a reply that is known already.
inline Slice OneSlice(Reply reply) {
  return [reply = std::move(reply)]() mutable { return std::optional(std::move(reply)); };
}

void HandleGetImLoginInfo(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleGetPushUrl(const Request& request, const HandlerContext& context);
Reply HandleGetWhipUrl(const Request& request, const HandlerContext& context);
Reply HandleGetWhepUrl(const Request& request, const HandlerContext& context);
void HandleCreateRoom(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleDestroyRoom(const Request& request, const HandlerContext& context);
void HandleAddPusher(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleDeletePusher(const Request& request, const HandlerContext& context);
Reply HandleGetPushers(const Request& request, const HandlerContext& context);
Reply HandlePusherHeartbeat(const Request& request, const HandlerContext& context);
Reply ExplainMissingPusher(const Request& request, const HandlerContext& context);
Slice HandleGetRoomList(const Request& request, const HandlerContext& context);
void HandleMergeStream(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleLogin(const Request& request, const HandlerContext& context);
Reply HandleLogout(const Request& request, const HandlerContext& context);

// Live rooms only.
Reply HandleSetCustomField(const Request& request, const HandlerContext& context);
Reply HandleGetCustomInfo(const Request& request, const HandlerContext& context);
Reply HandleAddAudience(const Request& request, const HandlerContext& context);
Reply HandleAudienceHeartbeat(const Request& request, const HandlerContext& context);
Reply HandleDeleteAudience(const Request& request, const HandlerContext& context);
Reply HandleGetAudiences(const Request& request, const HandlerContext& context);

// Webrtc rooms only.
Reply HandleWebrtcLoginInfo(const Request& request, const HandlerContext& context);
void HandleWebrtcCreateRoom(const Request& request, const HandlerContext& context, Answer answer);
void HandleWebrtcEnterRoom(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleWebrtcQuitRoom(const Request& request, const HandlerContext& context);
Reply HandleWebrtcHeartbeat(const Request& request, const HandlerContext& context);
Slice HandleWebrtcRoomList(const Request& request, const HandlerContext& context);
Reply HandleWebrtcRoomMembers(const Request& request, const HandlerContext& context);

// The handlers of `utils`: protocol A.5, B.7, F.8. All but the first two are mounted only where
// `Services::utils` is set and enabled.
void HandleGetLoginInfo(const Request& request, const HandlerContext& context, Answer answer);
Reply HandlePostLoginInfo(const Request& request, const HandlerContext& context);
Reply HandleGetTestPushUrl(const Request& request, const HandlerContext& context);
Reply HandleGetTestRtmpAccUrl(const Request& request, const HandlerContext& context);
Reply HandleLogFileList(const Request& request, const HandlerContext& context);
Reply HandleGetLogFile(const Request& request, const HandlerContext& context);
void HandleCheckConfig(const Request& request, const HandlerContext& context, Answer answer);

}  // namespace rtcroom
