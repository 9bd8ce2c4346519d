#include "daemon/grpc/admin_calls.h"

#include <chrono>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "daemon/core/recording_list.h"
#include "daemon/core/room_search.h"
#include "daemon/grpc/admin_requests.h"
#include "daemon/grpc/event_messages.h"

namespace rtcroom {
namespace {

google::protobuf::Duration DurationMessage(std::chrono::milliseconds duration) {
  return google::protobuf::util::TimeUtil::MillisecondsToDuration(duration.count());
}

v1::StreamState StateMessage(MediaState::Kind kind) {
  switch (kind) {
    case MediaState::Kind::kUnknown:
      return v1::STREAM_STATE_UNKNOWN;
    case MediaState::Kind::kNone:
      return v1::STREAM_STATE_NONE;
    case MediaState::Kind::kOn:
      return v1::STREAM_STATE_ON;
    case MediaState::Kind::kOff:
      return v1::STREAM_STATE_OFF;
  }
  return v1::STREAM_STATE_UNSPECIFIED;
}

v1::PusherSigns SignsMessage(const SeenPusher& seen) {
  v1::PusherSigns signs;
  if (seen.lease) *signs.mutable_silent_for() = DurationMessage(seen.lease->age);
  if (!seen.media) return signs;
  signs.set_stream(StateMessage(seen.media->kind));
  const bool lasts =
      seen.media->kind == MediaState::Kind::kOn || seen.media->kind == MediaState::Kind::kOff;
  if (lasts) *signs.mutable_stream_lasting() = DurationMessage(seen.media->lasting);
  return signs;
}

void WriteWeb(const SeenPusher& seen, v1::Pusher& pusher) {
  if (!seen.may_be_web) return;
  pusher.set_via(seen.web ? v1::PUSHER_VIA_WEB : v1::PUSHER_VIA_RTMP);
  if (!seen.web) return;
  v1::PusherWeb& web = *pusher.mutable_web();
  web.set_rtt_ms(seen.web->rtt_ms);
  web.set_loss(seen.web->loss);
  web.set_kbps(seen.web->kbps);
  web.set_width(seen.web->width);
  web.set_height(seen.web->height);
  web.set_key_requests(seen.web->key_requests);
}

}  // namespace

AdminCalls::AdminCalls(Store& store, RecordingStore& recordings, RoomService& rooms,
                       EndUserLogins end_logins, ServerFacts facts)
    : store_(store),
      recordings_(recordings),
      rooms_(rooms),
      end_logins_(std::move(end_logins)),
      facts_(std::move(facts)) {}

Status AdminCalls::GetRoom(const v1::GetRoomRequest& request, v1::GetRoomResponse& response) {
  const Result<RoomKey> key = ReadRoom(request);
  if (!key) return key.error();
  const Result<Room> room = store_.Load(*key);
  if (!room) return room.error();
  *response.mutable_room() = RoomMessage(*room);
  for (v1::Pusher& pusher : *response.mutable_room()->mutable_pushers()) {
    const SeenPusher seen = facts_.see(*key, UserId{pusher.user_id()});
    *pusher.mutable_signs() = SignsMessage(seen);
    WriteWeb(seen, pusher);
  }
  return {};
}

Status AdminCalls::ListRooms(const v1::ListRoomsRequest& request, v1::ListRoomsResponse& response) {
  const Result<RoomsQuery> wanted = ReadRoomsQuery(request);
  if (!wanted) return wanted.error();
  RoomSearch search{.after = wanted->after, .count = wanted->count};
  if (wanted->kind) {
    search.wanted = [kind = *wanted->kind](const Room& room) { return room.key.kind == kind; };
  }
  const Result<RoomsFound> found = SearchRooms(store_, search);
  if (!found) return found.error();
  for (const Room& room : found->rooms) *response.add_rooms() = RoomMessage(room);
  if (found->next) response.set_next_page_token(EncodeSearchPosition(*found->next));
  return {};
}

Status AdminCalls::DeletePusher(const v1::DeletePusherRequest& request,
                                v1::DeletePusherResponse& response) {
  const Result<KickCommand> command = ReadKick(request);
  if (!command) return command.error();
  const Result<KickOutcome> outcome = rooms_.KickPusher(*command);
  if (!outcome) return outcome.error();
  response.set_was_pusher(outcome->was_pusher);
  response.set_room_destroyed(outcome->room_destroyed);
  if (outcome->banned_until) {
    *response.mutable_banned_until() = TimeMessage(*outcome->banned_until);
  }
  return {};
}

Status AdminCalls::DestroyRoom(const v1::DestroyRoomRequest& request,
                               v1::DestroyRoomResponse& /*response*/) {
  const Result<RoomKey> key = ReadRoom(request);
  if (!key) return key.error();
  return rooms_.DismissRoom(*key);
}

Status AdminCalls::EndLogins(const v1::EndLoginsRequest& request,
                             v1::EndLoginsResponse& /*response*/) {
  const Result<UserId> user = ReadUser(request);
  return user ? end_logins_(*user) : user.error();
}

Status AdminCalls::ListRecordings(const v1::ListRecordingsRequest& request,
                                  v1::ListRecordingsResponse& response) {
  Result<RecordingQuery> wanted = ReadRecordingQuery(request);
  if (!wanted) return wanted.error();
  const Result<RecordingsFound> found = FindRecordings(recordings_, *std::move(wanted));
  if (!found) return found.error();
  for (const Recording& recording : found->recordings) {
    v1::Recording& message = *response.add_recordings();
    if (recording.owner) {
      *message.mutable_room() = RefMessage(recording.owner->room);
      message.set_room_number(recording.owner->room_number);
      message.set_user_id(recording.owner->user_id.value);
    }
    message.set_stream(recording.stream);
    message.set_file(recording.file);
    message.set_url(RecordingUrl(facts_.recordings_url, recording));
    message.set_bytes(recording.bytes);
    if (recording.started_at) *message.mutable_started_at() = TimeMessage(*recording.started_at);
    *message.mutable_ended_at() = TimeMessage(recording.ended_at);
  }
  if (found->next) response.set_next_page_token(EncodeRecordingPosition(*found->next));
  return {};
}

Status AdminCalls::GetServerInfo(const v1::GetServerInfoRequest& /*request*/,
                                 v1::GetServerInfoResponse& response) {
  const Result<Cursor> newest = store_.Newest();
  if (!newest) return newest.error();
  response.set_version(facts_.version);
  *response.mutable_started_at() = TimeMessage(facts_.started_at);
  response.set_epoch(newest->epoch);
  response.set_cursor(newest->Encode());
  for (const RoomKind kind : kAllRoomKinds) {
    v1::RoomCount& count = *response.add_rooms();
    count.set_kind(KindMessage(kind));
    count.set_count(store_.CountRooms(kind));
  }
  response.set_pushers(facts_.pushers());
  response.set_watchers(facts_.watchers());
  return {};
}

}  // namespace rtcroom
