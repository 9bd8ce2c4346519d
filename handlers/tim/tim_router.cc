#include "handlers/tim/tim_router.h"

#include <memory>
#include <utility>

#include "handlers/shared/request_text.h"

namespace rtcroom::tim {
namespace {

/// The kind that an SDK of that version understands, which it names from 2.18 on.
KickType OperatorKickFor(std::string_view version) {
  const bool knows_it =
      !version.empty() && !version.starts_with("2.18.") && !version.starts_with("2.19.");
  return knows_it ? KickType::kOperator : KickType::kOtherLogin;
}

}  // namespace

TimRouter::TimRouter(const Context& context, Admission& admission, const PipelineDeps& deps,
                     const std::string& prefix)
    : ChannelDoor(admission, deps),
      context_(context),
      binary_path_(prefix + "/binfo"),
      text_path_(prefix + "/info") {}

std::optional<HttpReply> TimRouter::Run(Call& call) {
  const FormPairs query = ParseForm(call.http.query);
  const bool is_own = FirstOrEmpty(query, "sdkappid") == context_.sdk_app_id;
  return OpenSocket(
      call, {}, is_own ? Status() : Error{Errc::kUnknownApp, "sdkappid: another"},
      [&](HttpReply reply) {
        const bool is_binary = call.http.path == binary_path_;
        // Owned by the connection, and by the table of those that get time.
        const auto socket = std::make_shared<TimSocket>(
            context_, is_binary ? WebSocket::Frames::kBinary : WebSocket::Frames::kText,
            OperatorKickFor(FirstOrEmpty(query, "sdkversion")), call.http.peer_address);
        socket->Open(std::move(reply), call.responder);
      });
}

}  // namespace rtcroom::tim
