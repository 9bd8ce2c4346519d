// get_whip_url and get_whep_url: where a browser publishes and plays.
#include <string>
#include <utility>

#include "daemon/core/web_grants.h"
#include "handlers/rooms/endpoints.h"
#include "handlers/rooms/fields.h"
#include "handlers/rooms/push_urls.h"
#include "handlers/web/web_addresses.h"

namespace rtcroom {
namespace {

Error NotConfigured() { return {Errc::kUnavailable, "web.max_sessions is 0"}; }

JsonText WithIceServers(JsonText reply, const UserId& user_id, const Services& services) {
  const IceServers servers = services.web->IceServersFor(user_id, services.clock.Now());
  reply.BeginArray("iceServers");
  if (!servers.urls.empty()) {
    std::string urls = "[";
    for (const std::string& url : servers.urls) {
      if (urls.size() > 1) urls += ',';
      AppendJsonString(url, urls);
    }
    reply.BeginObject().Json("urls", urls += ']');
    if (!servers.username.empty()) {
      reply.Field("username", servers.username).Field("credential", servers.credential);
    }
    reply.EndObject();
  }
  reply.EndArray();
  return reply;
}

/// The stream of a pusher that it may be played from: its own.
/// @param of  empty: the mix.
/// @errors kPusherNotFound.
Result<WebStreamName> PlayedStream(const Room& room, const std::string& of,
                                   const Services& services) {
  const bool is_mix = of.empty();
  const Error none{Errc::kPusherNotFound, is_mix ? "no mix of such a room" : "of: no pusher"};
  if (is_mix && room.key.kind != RoomKind::kLive) return none;
  const Pusher* const pusher = FindPusher(room, is_mix ? room.creator : UserId{of});
  if (pusher == nullptr) return none;
  std::string stream =
      StreamOf(room.dialect, pusher->user_id, StreamInPushUrl(pusher->push_url), services.streams);
  if (!IsOwnStream(stream, pusher->user_id, services.streams)) return none;
  return is_mix ? services.web->MixOf(std::move(stream)) : services.web->NameOf(std::move(stream));
}

}  // namespace

Reply HandleGetWhipUrl(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const UserId user_id = fields.User();
  if (!fields.ok()) return Reply::Failure(fields.error());
  const Services& services = context.services;
  if (services.web == nullptr) return Reply::Failure(NotConfigured());
  const Result<std::string> push_url = SignPushUrl(request, context);
  if (!push_url) return Reply::Failure(push_url.error());
  const Result<std::string> whip_url = services.web->WhipUrl(*push_url);
  if (!whip_url) return Reply::Failure(whip_url.error());
  JsonText reply;
  reply.Field("whipURL", *whip_url).Field("pushURL", *push_url);
  return Reply::Success(WithIceServers(std::move(reply), user_id, services));
}

Reply HandleGetWhepUrl(const Request& request, const HandlerContext& context) {
  Fields fields = FieldsOf(request);
  const MemberCommand member = ReadMember(fields, request);
  const std::string of = fields.Text(field::kOf);
  if (!fields.ok()) return Reply::Failure(fields.error());
  const Services& services = context.services;
  if (services.web == nullptr) return Reply::Failure(NotConfigured());
  const Status allowed =
      services.rooms.CheckMayPush(request.room_kind, member.room.id, member.user_id);
  if (!allowed) return Reply::Failure(allowed.error());
  const Result<Room> room = services.rooms.LoadRoomOfMember(member);
  if (!room) return Reply::Failure(room.error());
  const Result<WebStreamName> name = PlayedStream(*room, of, services);
  if (!name) return Reply::Failure(name.error());
  const Result<std::string> url = services.web->WhepUrl(
      *name, {.room = member.room, .user_id = member.user_id}, services.clock.Now());
  if (!url) return Reply::Failure(url.error());
  JsonText reply;
  reply.Field("whepURL", *url);
  return Reply::Success(WithIceServers(std::move(reply), member.user_id, services));
}

}  // namespace rtcroom
