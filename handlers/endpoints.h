// The endpoints of the protocol, one file each. What they say is in protocol A.4.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "daemon/base/secret.h"
#include "daemon/core/ids.h"
#include "handlers/form.h"
#include "handlers/reply.h"
#include "handlers/services.h"

namespace rtcroom {

/// What is left of a request when path, dialect and body are known.
struct Request {
  RoomKind room_kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  nlohmann::json body = nlohmann::json::object();  ///< an object out of `ParseBody`
  // Of the endpoints of utils, which have no room kind:
  FormPairs query{};  ///< valid UTF-8 without NUL
  Secret bearer{};    ///< of `Authorization: Bearer`; empty when there is none
  /// Who has proven to be the caller, by a token.
  std::optional<UserId> proven_caller{};
};

/// What every handler is given besides the request.
struct HandlerContext {
  Services services;
  std::uint32_t sdk_app_id = 0;
  std::string account_type{};
};

/// Reads the fields, calls one use case, shapes the reply. Expected failures are in the reply.
using Handler = Reply (*)(const Request& request, const HandlerContext& context);

/// Where a handler puts its reply when there is one: once, from any thread.
using Answer = std::function<void(Reply)>;

/// The same for what waits for an outside service: it may return first and answer then, so that
/// the wait holds no thread. `request` is gone by then; `context` is not.
using LaterHandler = void (*)(const Request& request, const HandlerContext& context, Answer answer);

void HandleGetImLoginInfo(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleGetPushUrl(const Request& request, const HandlerContext& context);
void HandleCreateRoom(const Request& request, const HandlerContext& context, Answer answer);
Reply HandleDestroyRoom(const Request& request, const HandlerContext& context);
Reply HandleAddPusher(const Request& request, const HandlerContext& context);
Reply HandleDeletePusher(const Request& request, const HandlerContext& context);
Reply HandleGetPushers(const Request& request, const HandlerContext& context);
Reply HandlePusherHeartbeat(const Request& request, const HandlerContext& context);
Reply HandleGetRoomList(const Request& request, const HandlerContext& context);
Reply HandleMergeStream(const Request& request, const HandlerContext& context);

// Under `utils`: protocol A.5, B.7, F.8. But for the first two they are mounted only where
// `Services::utils` are, and those are enabled.
void HandleGetLoginInfo(const Request& request, const HandlerContext& context, Answer answer);
Reply HandlePostLoginInfo(const Request& request, const HandlerContext& context);
Reply HandleGetTestPushUrl(const Request& request, const HandlerContext& context);
Reply HandleGetTestRtmpAccUrl(const Request& request, const HandlerContext& context);
Reply HandleLogFileList(const Request& request, const HandlerContext& context);
Reply HandleGetLogFile(const Request& request, const HandlerContext& context);
void HandleCheckConfig(const Request& request, const HandlerContext& context, Answer answer);

}  // namespace rtcroom
