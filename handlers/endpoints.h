// The endpoints of the protocol, one file each. What they say is in protocol A.4.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "daemon/core/ids.h"
#include "handlers/reply.h"
#include "handlers/services.h"

namespace rtcroom {

/// What is left of a request when path, dialect and body are known.
struct Request {
  RoomKind room_kind = RoomKind::kDouble;
  Dialect dialect = Dialect::kGen1;
  nlohmann::json body = nlohmann::json::object();  ///< an object out of `ParseBody`
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

}  // namespace rtcroom
