#include "handlers/tim/tim_router.h"

#include <memory>
#include <utility>

#include "handlers/shared/form.h"

namespace rtcroom::tim {

TimRouter::TimRouter(const SocketDeps& deps, Admission& admission, const Cors& cors,
                     const std::string& prefix)
    : ChannelDoor(
          {.admission = admission, .recorder = deps.recorder, .cors = cors, .node = deps.node}),
      deps_(deps),
      binary_path_(prefix + "/binfo"),
      text_path_(prefix + "/info") {}

std::optional<HttpReply> TimRouter::Answer(Call& call) {
  const bool is_own =
      FirstOrEmpty(ParseForm(call.http.query), "sdkappid") == deps_.commands.sdk_app_id;
  return OpenSocket(call, {}, is_own ? Status() : Error{Errc::kUnknownApp, "sdkappid: another"},
                    [&](HttpReply reply) {
                      const bool is_binary = call.http.path == binary_path_;
                      // Owned by the connection, and by the table of those that get time.
                      const auto socket = std::make_shared<TimSocket>(
                          deps_, is_binary ? WebSocket::Frames::kBinary : WebSocket::Frames::kText,
                          call.http.peer_address);
                      socket->Open(std::move(reply), call.responder);
                    });
}

}  // namespace rtcroom::tim
