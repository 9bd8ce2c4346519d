#include "daemon/media/trtc_sender.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/parse_integer.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Longest wait without a signal: bounds the delay after a lost one.
constexpr std::chrono::seconds kLongestSilence{5};
constexpr std::chrono::seconds kStorePause{1};
/// Another node sends; this one may have to take over.
constexpr std::chrono::seconds kOffDutyPause{1};
/// Read at a time, of each kind.
constexpr std::size_t kDeliveriesPerRound = 100;

std::uint32_t NumberOf(const RoomId& room) {
  // 0 is no room, and refused as such.
  return ParseInteger<std::uint32_t>(room.value).value_or(0);
}

}  // namespace

TrtcSender::TrtcSender(const TrtcSenderDeps& deps, const TrtcSenderOptions& options)
    : deps_(deps), options_(options) {}

void TrtcSender::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      deps_.enqueued.Wait(ToRealTime(Round(stop), deps_.clock));
    }
  });
}

void TrtcSender::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  deps_.enqueued.Raise();
  thread_.join();
}

MonotonicTime TrtcSender::Round(const std::stop_token& stop) {
  if (!deps_.node.Holds(Duty::kTrtc)) return deps_.clock.Monotonic() + kOffDutyPause;
  std::vector<Delivery> waiting;
  for (const DeliveryKind kind : kTrtcDeliveryKinds) {
    Result<std::vector<Delivery>> loaded =
        deps_.deliveries.LoadDeliveries(kind, kDeliveriesPerRound);
    if (!loaded) return AfterStoreError(loaded.error());
    std::ranges::move(*loaded, std::back_inserter(waiting));
  }
  std::ranges::sort(waiting, {},
                    [](const Delivery& one) { return std::pair(one.next_try, one.id); });
  for (const Delivery& delivery : waiting) {
    const MonotonicTime now = deps_.clock.Monotonic();
    if (stop.stop_requested()) return now;
    const TimePoint wall_now = deps_.clock.Now();
    // Later than any pause allows: the clock has been set back.
    const bool is_due =
        delivery.next_try <= wall_now || delivery.next_try > wall_now + options_.longest_pause;
    if (!is_due) return std::min(now + (delivery.next_try - wall_now), now + kLongestSilence);
    if (!budget_.Take(now, options_.rate)) return budget_.NextToken(now, options_.rate);
    if (const Status sent = Send(delivery); !sent) return AfterStoreError(sent.error());
  }
  is_store_error_logged_ = false;
  const MonotonicTime now = deps_.clock.Monotonic();
  // More may be due than were read, and what failed is due again soon.
  return waiting.empty() ? now + kLongestSilence : now + options_.first_pause / 4;
}

TrtcSender::Call TrtcSender::ReadCall(const Delivery& delivery) {
  const std::string& text = delivery.group.value;
  const std::size_t space = text.find(' ');
  Call call{.room = {.kind = RoomKind::kWebrtc, .id = {text.substr(0, space)}}};
  if (delivery.kind == DeliveryKind::kRemoveUser) {
    call.user = UserId{space == text.npos ? std::string() : text.substr(space + 1)};
  }
  return call;
}

std::string_view TrtcSender::ActionOf(const Call& call) {
  return call.user ? "remove_user" : "dismiss_room";
}

Status TrtcSender::Send(const Delivery& delivery) {
  const Call call = ReadCall(delivery);
  const Result<bool> is_wanted = IsStillWanted(call);
  if (!is_wanted) return is_wanted.error();
  if (!*is_wanted) return deps_.deliveries.FinishDelivery(delivery);
  return Settle(delivery, call, Make(call));
}

Result<bool> TrtcSender::IsStillWanted(const Call& call) {
  const Result<Room> room = deps_.rooms.Load(call.room);
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room) return true;
  return call.user && FindPusher(*room, *call.user) == nullptr;
}

Status TrtcSender::Make(const Call& call) {
  const TrtcRoom room = NumberOf(call.room.id);
  if (!call.user) return deps_.api.Dismiss(room, options_.call_timeout);
  const std::array users = {*call.user};
  return deps_.api.Remove(room, users, options_.call_timeout);
}

Status TrtcSender::Settle(const Delivery& delivery, const Call& call, const Status& made) {
  // The service cannot have that room, so it is not to blame.
  const bool is_impossible = !made && made.error().code == Errc::kBadRequest;
  if (!is_impossible) RecordReach(made);
  if (made) {
    deps_.made.Count(ActionOf(call), "done");
    return deps_.deliveries.FinishDelivery(delivery);
  }
  const TimePoint now = deps_.clock.Now();
  Delivery failed = delivery;
  if (failed.attempts > 0) failed.lone_time += FailingSince(failed, now);
  if (is_impossible || failed.lone_time >= options_.longest_failing) {
    deps_.made.Count(ActionOf(call), "given_up");
    deps_.logger.Warn("trtc_given_up", {{"action", ActionOf(call)},
                                        {"room", call.room.id.value},
                                        {"user", call.user ? call.user->value : ""},
                                        {"detail", made.error().detail}});
    return deps_.deliveries.FinishDelivery(delivery);
  }
  deps_.made.Count(ActionOf(call), "failed");
  // Bounds the shift; fewer doublings already reach the longest pause.
  constexpr std::uint32_t kMostDoublings = 20;
  const milliseconds pause =
      options_.first_pause * (std::int64_t{1} << std::min(failed.attempts, kMostDoublings));
  ++failed.attempts;
  failed.failed_at = now;
  failed.next_try = now + std::min(pause, options_.longest_pause);
  const Result<bool> postponed = deps_.deliveries.PostponeDelivery(failed);
  return postponed ? Status() : Status(postponed.error());
}

void TrtcSender::RecordReach(const Status& reached) {
  if (reached.ok() == std::exchange(is_reached_, reached.ok())) return;  // already logged
  if (reached) return deps_.logger.Info("trtc_recovered");
  deps_.logger.Warn("trtc_calls_fail", {{"error", ErrcName(reached.error().code)},
                                        {"detail", reached.error().detail}});
}

MonotonicTime TrtcSender::AfterStoreError(const Error& error) {
  if (!std::exchange(is_store_error_logged_, true)) {
    deps_.logger.Warn("trtc_outbox_unusable",
                      {{"error", ErrcName(error.code)}, {"detail", error.detail}});
  }
  return deps_.clock.Monotonic() + kStorePause;
}

}  // namespace rtcroom
