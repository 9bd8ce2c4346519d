#include "handlers/front.h"

#include <string>

#include "handlers/channel/channel_codes.h"

namespace rtcroom {

RequestPlan Front::Resolve(HttpRequest& request) {
  // Rooms have no paths among those of webim: `prefix_checks`. All other paths are first looked for
  // in the rooms' table, since most requests are to rooms, and one look tells.
  if (handlers_.webim != nullptr && handlers_.webim->Serves(request)) {
    request.handler = handlers_.webim;
    return handlers_.webim->Resolve(request);
  }
  const RequestPlan plan = handlers_.rooms.Resolve(request);
  RequestHandler* const other =
      request.route == nullptr ? FirstServing(handlers_.others, request) : nullptr;
  request.handler = other == nullptr ? &handlers_.rooms : other;
  return other == nullptr ? plan : other->Resolve(request);
}

HttpReply Front::Refuse(int status, std::string_view reason) {
  HttpReply reply = handlers_.rooms.Refuse(status, reason);
  if (handlers_.webim == nullptr) return reply;
  const ChannelCode& code = ChannelCodeOf({}, status < 500 ? Errc::kNotJson : Errc::kUnavailable);
  // Both are objects, which become one.
  reply.body.pop_back();
  reply.body.append(",").append(FailureReply(code.code, code.info).substr(1));
  return reply;
}

}  // namespace rtcroom
