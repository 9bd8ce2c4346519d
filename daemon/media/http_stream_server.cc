#include "daemon/media/http_stream_server.h"

#include <utility>

#include "daemon/media/media_call.h"

namespace rtcroom {

HttpStreamServer::HttpStreamServer(StreamServerOptions options, OutgoingHttp& http)
    : options_(std::move(options)), http_(http) {}

Result<StreamList> HttpStreamServer::List(std::chrono::milliseconds timeout) {
  return MakeMediaCall([&]() -> Result<StreamList> {
    Result<OutgoingReply> reply = http_.Send(options_.base_url, ListCall(), timeout);
    if (!reply) return reply.error();
    return ReadList(*std::move(reply));
  });
}

Result<DropOutcome> HttpStreamServer::Drop(const std::string& stream, const std::string& client,
                                           std::chrono::milliseconds timeout) {
  if (!IsStreamClientId(client)) return Error{Errc::kBadRequest, "not a client ID"};
  return MakeMediaCall([&]() -> Result<DropOutcome> {
    const Result<OutgoingReply> reply =
        http_.Send(options_.base_url, DropCall(stream, client), timeout);
    if (!reply) return reply.error();
    return ReadDrop(*reply);
  });
}

}  // namespace rtcroom
