#include "handlers/callbacks/cloud_callbacks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/base/exception_type.h"

namespace rtcroom {
namespace {

/// The kinds of rooms whose groups this server makes. With TRTC theirs are rooms with a text.
constexpr std::array kGroupKinds = {RoomKind::kDouble, RoomKind::kMulti, RoomKind::kLive};
constexpr std::array kNumberKinds = {RoomKind::kWebrtc};

/// The longest time for which the end of a group that a server has destroyed may be reported.
constexpr std::chrono::minutes kLateReport{1};

TrtcMembers::Member MemberOf(const TrtcCallback& callback) {
  return {.room = callback.room, .is_room_number = callback.is_room_number, .user = callback.user};
}

std::span<const RoomKind> KindsOf(const TrtcCallback& callback) {
  if (callback.is_room_number) return kNumberKinds;
  return kGroupKinds;
}

/// Whether a change failed, not for want of a room or member.
bool HasFailed(const Status& changed) {
  return !changed && changed.error().code != Errc::kRoomNotFound &&
         changed.error().code != Errc::kPusherNotFound;
}

/// Changes the room of that ID, whichever kind it has.
/// @errors those of `change` except that there is nothing to change.
Status ChangeRoom(const RoomId& id, std::span<const RoomKind> kinds,
                  const std::function<Status(const RoomKey&)>& change) {
  for (const RoomKind kind : kinds) {
    if (Status changed = change({.kind = kind, .id = id}); HasFailed(changed)) return changed;
  }
  return {};
}

Status Recorded(bool is_recorded) {
  if (is_recorded) return {};
  return Error{Errc::kTooManyRequests, "more streams than are kept"};
}

}  // namespace

CloudCallbacks::CloudCallbacks(CloudCallbackRules rules, const CloudCallbackContext& context)
    : rules_(std::move(rules)),
      context_(context),
      ignored_(context.counted, context.clock, context.logger) {}

std::optional<CloudCallbacks::Service> CloudCallbacks::ServiceOf(std::string_view path) {
  if (path == "/callback/live") return Service::kLive;
  if (path == "/callback/trtc") return Service::kTrtc;
  if (path == "/callback/im") return Service::kIm;
  return std::nullopt;
}

std::string_view CloudCallbacks::NameOf(Service service) {
  switch (service) {
    case Service::kLive:
      return "live";
    case Service::kTrtc:
      return "trtc";
    case Service::kIm:
      return "im";
  }
  return "";
}

std::optional<HttpReply> CloudCallbacks::Run(Call& call) {
  const Service service = *ServiceOf(call.http.path);
  const TimePoint now = context_.clock.Now();
  switch (service) {
    case Service::kLive:
      return Answer(service, ReadLiveCallback(call.http, rules_.live, now), call);
    case Service::kTrtc:
      return Answer(service, ReadTrtcCallback(call.http, rules_.trtc), call);
    case Service::kIm:
      return Answer(service, ReadImCallback(call.http, rules_.im, now), call);
  }
  return std::nullopt;
}

template <typename Callback>
std::optional<HttpReply> CloudCallbacks::Answer(Service service,
                                                const CallbackReading<Callback>& reading,
                                                Call& call) {
  if (const auto* const callback = std::get_if<Callback>(&reading)) {
    return Apply(*callback, call.responder);
  }
  const auto& refused = std::get<CallbackReply>(reading);
  ignored_.Record(NameOf(service), call.http.peer_address, refused);
  return refused.http;
}

std::optional<HttpReply> CloudCallbacks::Apply(const LiveCallback& callback,
                                               Responder& /*responder*/) {
  const PushReport report{
      .stream = callback.stream, .sequence = callback.sequence, .at = callback.at};
  const bool is_recorded = callback.event == LiveEvent::kStart ? context_.streams.Started(report)
                                                               : context_.streams.Stopped(report);
  return ReplyTo(Service::kLive, Recorded(is_recorded));
}

std::optional<HttpReply> CloudCallbacks::Apply(const TrtcCallback& callback, Responder& responder) {
  TrtcMembers& members = context_.members;
  const TrtcMembers::Member member = MemberOf(callback);
  using enum TrtcMembers::Track;
  bool is_recorded = true;
  switch (callback.event) {
    case TrtcEvent::kRoomDismissed:
      return Defer(Service::kTrtc, [this, callback] { return EndDismissed(callback); }, responder);
    case TrtcEvent::kRemoved:
      (void)members.Left(member, callback.at);  // otherwise heartbeats decide
      return Defer(Service::kTrtc, [this, callback] { return EvictRemoved(callback); }, responder);
    case TrtcEvent::kEntered:
      is_recorded = members.Entered(member, callback.at);
      break;
    case TrtcEvent::kLeft:
      is_recorded = members.Left(member, callback.at);
      break;
    case TrtcEvent::kVideoOn:
    case TrtcEvent::kVideoOff:
      is_recorded =
          members.Switched(member, kVideo, callback.event == TrtcEvent::kVideoOn, callback.at);
      break;
    case TrtcEvent::kAudioOn:
    case TrtcEvent::kAudioOff:
      is_recorded =
          members.Switched(member, kAudio, callback.event == TrtcEvent::kAudioOn, callback.at);
      break;
  }
  return ReplyTo(Service::kTrtc, Recorded(is_recorded));
}

std::optional<HttpReply> CloudCallbacks::Apply(const ImCallback& callback, Responder& responder) {
  return Defer(
      Service::kIm,
      [this, callback] {
        return callback.event == ImEvent::kMembersExited ? DropViewers(callback)
                                                         : EndWithoutGroup(callback);
      },
      responder);
}

std::optional<HttpReply> CloudCallbacks::Defer(Service service, Effect effect,
                                               Responder& responder) {
  // Shared by the copies of the task.
  const auto waiting = std::make_shared<Responder>(std::move(responder));
  const bool is_queued = context_.workers.TrySubmit(
      ThreadPool::Urgency::kNormal, [this, service, waiting, effect = std::move(effect)] {
        try {
          waiting->Send(ReplyTo(service, effect()));
        } catch (...) {
          waiting->Send(Fault(service, CurrentExceptionType()));
        }
      });
  if (!is_queued) {
    waiting->Send(ReplyTo(service, Error{Errc::kTooManyRequests, "too many callbacks"}));
  }
  return std::nullopt;
}

HttpReply CloudCallbacks::Render(Service service, bool is_accepted) {
  const bool is_im = service == Service::kIm;
  if (is_accepted) return (is_im ? AcceptImCallback() : AcceptCallback()).http;
  // The service repeats the callback.
  return {.status = 503,
          .body = is_im ? R"({"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"later"})"
                        : R"({"code":1})"};
}

HttpReply CloudCallbacks::ReplyTo(Service service, const Status& outcome) const {
  context_.counted.Count(NameOf(service), outcome ? "accepted" : "refused");
  if (!outcome) {
    context_.logger.Warn("callback_failed",
                         {{"service", NameOf(service)}, {"reason", outcome.error().detail}});
  }
  return Render(service, outcome.ok());
}

HttpReply CloudCallbacks::Fault(Service service, std::string_view exception_type) const {
  // Most likely out of memory.
  context_.logger.Error("callback_fault", {{"type", exception_type}});
  return Render(service, false);
}

Status CloudCallbacks::EvictRemoved(const TrtcCallback& callback) const {
  return ChangeRoom(callback.room, KindsOf(callback), [&](const RoomKey& room) -> Status {
    const std::optional<LapsedLease> lease =
        context_.leases.Observe(room, callback.user, context_.clock.Monotonic());
    // A later stay than the one that TRTC has ended goes on.
    if (!lease || lease->added_at > callback.at) return {};
    const std::array evictions = {Eviction{
        .lease = *lease, .reason = LeaveReason::kStreamInterrupted, .despite_heartbeats = true}};
    const ExpiryOutcome outcome =
        context_.rooms.ExpirePushers(evictions, [&](const Eviction& /*eviction*/) {
          return !context_.members.IsBackSince(MemberOf(callback), callback.at);
        });
    if (outcome.failed > 0) return Error{Errc::kStoreBusy, "not stored"};
    return {};
  });
}

Status CloudCallbacks::EndDismissed(const TrtcCallback& callback) const {
  const auto stays = [&](const Pusher& pusher) {
    TrtcMembers::Member member = MemberOf(callback);
    member.user = pusher.user_id;
    // The media of rooms with a text need not be TRTC's: then any user can open the room of that
    // text there, and end it.
    const bool is_elsewhere = !callback.is_room_number && !context_.members.Knows(member);
    return is_elsewhere || pusher.added_at > callback.at ||
           context_.members.IsBackSince(member, callback.at);
  };
  return ChangeRoom(callback.room, KindsOf(callback), [&](const RoomKey& room) {
    return context_.rooms.DismissRoom(room, [&](const Room& stored) {
      return stored.created_at <= callback.at && std::ranges::none_of(stored.pushers, stays);
    });
  });
}

Status CloudCallbacks::EndWithoutGroup(const ImCallback& callback) const {
  // This server destroys the groups of rooms that have ended: a later room of the same ID, with a
  // group of its own, stays.
  const TimePoint created_before =
      context_.clock.Now() - (callback.by_rest_api ? kLateReport : std::chrono::minutes(0));
  return ChangeRoom(callback.group, kGroupKinds, [&](const RoomKey& room) {
    return context_.rooms.DismissRoom(
        room, [&](const Room& stored) { return stored.created_at < created_before; });
  });
}

Status CloudCallbacks::DropViewers(const ImCallback& callback) const {
  const RoomKey room{.kind = RoomKind::kLive, .id = callback.group};
  const auto viewers = context_.rooms.FindAudiences(room, callback.users);
  if (!viewers) return viewers.error();
  for (const Audience& viewer : *viewers) {
    const Status deleted = context_.rooms.DeleteAudience(
        {.room = room, .dialect = Dialect::kGen2, .user_id = viewer.user_id});
    if (HasFailed(deleted)) return deleted;
  }
  return {};
}

}  // namespace rtcroom
