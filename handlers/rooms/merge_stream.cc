#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/media/mix_request.h"
#include "daemon/media/stream_mixer.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"

namespace rtcroom {
namespace {

/// Clients read `result.code` without a check, also of a failure (protocol A.4.10).
Reply NotMixed(Error error, std::string_view message) {
  JsonText result;
  result.BeginObject("result").Field("code", -1).Field("message", message).EndObject();
  return Reply::Failure(std::move(error), std::move(result));
}

Reply ReplyTo(const Result<MixReply>& mix) {
  if (!mix && mix.error().code == Errc::kBadRequest) {
    return NotMixed(mix.error(), mix.error().detail);
  }
  if (!mix) {
    return NotMixed({Errc::kUnavailable, mix.error().detail}, "the mixing service does not answer");
  }
  JsonText result;
  result.BeginObject("result")
      .Field("code", mix->code)
      .Field("message", mix->message)
      .Field("timestamp", mix->timestamp)
      .EndObject();
  return Reply::Success(std::move(result));
}

/// Reads the mix, all of which has to belong to the room. In gen-2 a client may name the stream of
/// another in its push URL: that one does not count.
Result<MixRequest> ReadMix(const nlohmann::json& params, const Room& room,
                           const StreamUrlSigner& streams) {
  Result<MixRequest> mix = ReadMergeParams(params);
  if (!mix) return mix;
  std::vector<std::string> members;
  std::string of_creator;
  for (const Pusher& pusher : room.pushers) {
    std::string stream =
        StreamOf(room.dialect, pusher.user_id, StreamInPushUrl(pusher.push_url), streams);
    if (!IsOwnStream(stream, pusher.user_id, streams)) continue;
    if (pusher.user_id == room.creator) of_creator = stream;
    members.push_back(std::move(stream));
  }
  if (const Status own = CheckMixStreams(*mix, members, of_creator); !own) return own.error();
  return mix;
}

}  // namespace

void HandleMergeStream(const Request& request, const HandlerContext& context, Answer answer) {
  const Services& services = context.services;
  Fields fields = FieldsOf(request);
  const MemberCommand member = ReadMember(fields, request);
  const nlohmann::json params = fields.MergeParams();
  if (!fields.ok()) return answer(Reply::Failure(fields.error()));

  const Result<Room> room = services.rooms.LoadRoomOfPusher(member);
  if (!room) return answer(Reply::Failure(room.error()));
  constexpr const char* kNoMixer = "no mixing service is configured";
  if (services.mixer == nullptr) {
    return answer(NotMixed({Errc::kUnavailable, kNoMixer}, kNoMixer));
  }

  Result<MixRequest> mix = ReadMix(params, *room, services.streams);
  if (!mix) return answer(NotMixed(mix.error(), mix.error().detail));
  services.mixer->Mix(
      member.room, *std::move(mix),
      [answer = std::move(answer)](const Result<MixReply>& reply) { answer(ReplyTo(reply)); });
}

}  // namespace rtcroom
