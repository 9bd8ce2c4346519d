#include "daemon/im/im_sender.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <ranges>
#include <string>
#include <utility>

#include "daemon/base/exception_type.h"
#include "daemon/im/jitter.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

/// Longest wait without a signal: bounds the delay after a lost one.
constexpr std::chrono::seconds kLongestWait{1};
constexpr std::chrono::seconds kCountPeriod{5};
/// More than the budget allows in the seconds after an outage; the rest become due anyway.
constexpr std::size_t kMostRetriedSoon = 1000;

/// Most that `WriteResolution` makes.
constexpr int kWritesPerOutcome = 2;

/// Deliveries are handed only to free lanes, so none waits in the queue for long.
constexpr std::chrono::hours kNeverExpires{24 * 365};

}  // namespace

ImSender::ImSender(const ImSenderDeps& deps, const ImSenderOptions& options)
    : store_(deps.store),
      deliveries_(deps.deliveries),
      enqueued_(deps.enqueued),
      cluster_(deps.cluster),
      node_(deps.node),
      clock_(deps.clock),
      random_(deps.random),
      tallies_(deps.tallies),
      logger_(deps.logger),
      options_(options),
      outcomes_(options.notify_via, options.retries),
      claims_(options.lanes),
      caller_(deps.service, deps.budget, deps.clock, deps.tallies.calls, deps.logger,
              [this] {
                service_recovered_ = true;
                enqueued_.Raise();
              }),
      lanes_(deps.clock, deps.logger,
             {.callers = options.lanes, .max_waiting = options.lanes, .max_wait = kNeverExpires}),
      maker_({.claims = claims_,
              .cluster = deps.cluster,
              .node = deps.node,
              .caller = caller_,
              .deliveries = deps.deliveries,
              .pending = creates_and_destroys_,
              .clock = deps.clock,
              .random = deps.random,
              .logger = deps.logger},
             options.maker, [this] { enqueued_.Raise(); }) {}

ImSender::~ImSender() {
  Stop(milliseconds(0));
  maker_.Stop();
  lanes_.Stop();
}

Status ImSender::Start() {
  if (const Status counted = CountPending(count_at_); !counted) return counted;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void ImSender::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) enqueued_.Wait(ToRealTime(Round(), clock_));
}

void ImSender::Stop(milliseconds timeout) {
  claims_.Stop();
  maker_.Close();
  lanes_.Close();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  enqueued_.Raise();
  thread_.join();
  claims_.AwaitCalls(std::chrono::steady_clock::now() + timeout);
  write_again_at_.reset();
  WriteAgain(clock_.Monotonic());
}

MonotonicTime ImSender::Round() {
  const MonotonicTime now = clock_.Monotonic();
  WriteAgain(now);
  claims_.BeginRound();
  caller_.budget().ShareCreates(node_.nodes());
  Queues queues;
  const bool is_on_duty = node_.Holds(Duty::kIm);
  if (is_on_duty) RetrySoonIfRecovered(now);
  Status ready = CountPending(now);
  if (ready && is_on_duty && !claims_.IsFull()) ready = Load(queues);
  if (!ready) {
    if (!std::exchange(failure_logged_, true)) {
      logger_.Warn("im_outbox_unreadable",
                   {{"error", ErrcName(ready.error().code)}, {"detail", ready.error().detail}});
    }
    return now + options_.store_pause;
  }
  failure_logged_ = false;
  const MonotonicTime next = HandOut(queues, now);
  return write_again_at_ ? std::min(next, *write_again_at_) : next;
}

Status ImSender::CountPending(MonotonicTime now) {
  if (now < count_at_) return {};
  const Result<DeliveryBacklog> backlog = deliveries_.CountDeliveries();
  if (!backlog) return backlog.error();
  creates_and_destroys_ = backlog->creates_and_destroys;
  count_at_ = now + kCountPeriod;
  return {};
}

void ImSender::RetrySoonIfRecovered(MonotonicTime now) {
  // An intermittent outage does not cause more retries.
  if (now < retry_soon_again_at_ || !service_recovered_.exchange(false)) return;
  retry_soon_again_at_ = now + 2 * options_.retry_soon_within;
  const Status moved =
      deliveries_.RetryDeliveriesSoon(clock_.Now(), options_.retry_soon_within, kMostRetriedSoon);
  if (!moved) service_recovered_ = true;  // retried later; without it the deliveries are only late
}

Status ImSender::Load(Queues& queues) {
  // Enough for all lanes, even if the first deliveries are all claimed.
  const std::size_t limit = options_.lanes + claims_.claimed_groups();
  for (std::size_t i = 0; i < queues.size(); ++i) {
    Result<std::vector<Delivery>> loaded = deliveries_.LoadDeliveries(kDeliveryKinds[i], limit);
    if (!loaded) return loaded.error();
    queues[i] = *std::move(loaded);
  }
  return {};
}

MonotonicTime ImSender::HandOut(const Queues& queues, MonotonicTime now) {
  MonotonicTime next_due = now + kLongestWait;
  // Round-robin over kinds, so that many notices do not delay the few destroys.
  const auto size = [](const std::vector<Delivery>& queue) { return queue.size(); };
  const std::size_t turns = std::ranges::max(queues | std::views::transform(size));
  for (std::size_t turn = 0; turn < turns; ++turn) {
    for (const std::vector<Delivery>& queue : queues) {
      if (turn < queue.size()) next_due = std::min(next_due, Offer(queue[turn], now, next_due));
    }
  }
  return next_due;
}

MonotonicTime ImSender::Offer(const Delivery& delivery, MonotonicTime now, MonotonicTime latest) {
  const TimePoint wall_now = clock_.Now();
  if (!outcomes_.IsDue(delivery, wall_now)) return now + (delivery.next_try - wall_now);
  if (!claims_.TryClaim(delivery.group)) return latest;
  const auto put_back = [this, group = delivery.group] {
    claims_.Release(group);
    claims_.EndCall();
  };
  const GroupCommand command = outcomes_.CommandFor(delivery);
  if (!caller_.budget().TryTake(command, now)) {
    put_back();
    return caller_.budget().NextFree(command, now);
  }
  const bool is_taken = lanes_.TrySubmit(
      {.run = [this, delivery, command] { Deliver(delivery, command); }, .expired = put_back});
  if (!is_taken) put_back();
  return latest;
}

// An exception must not leave the group claimed and the lane occupied forever.
void ImSender::Deliver(const Delivery& delivery, GroupCommand command) {
  Resolution resolution;
  try {
    resolution = Try(delivery, command);
  } catch (const std::exception&) {
    logger_.Error("im_delivery_fault", {{"type", CurrentExceptionType()}});
    resolution =
        outcomes_.Resolve(delivery, command, ImOutcome::kPassing, clock_.Now(), Jitter(random_));
  }
  Report(resolution, command);
  Write(resolution);
  claims_.EndCall();
  enqueued_.Raise();
}

Resolution ImSender::Try(const Delivery& delivery, GroupCommand command) {
  if (delivery.kind == DeliveryKind::kNotifyGroup) return Send(delivery, command);
  const Result<bool> claimed = cluster_.ClaimGroup(delivery.group, ClaimTime());
  if (!claimed || !*claimed) {
    return outcomes_.Resolve(delivery, command, ImOutcome::kPassing, clock_.Now(), Jitter(random_));
  }
  return TryClaimed(delivery, command);
}

milliseconds ImSender::ClaimTime() const {
  constexpr milliseconds kLookUp = std::size(kAllRoomKinds) * kLongestStoreRead;
  return kLookUp + options_.call_timeout + kWritesPerOutcome * kLongestStoreWrite;
}

Resolution ImSender::TryClaimed(const Delivery& delivery, GroupCommand command) {
  // The group is claimed, so no room with that id can begin until the outcome is written.
  const bool wants_room = delivery.kind == DeliveryKind::kCreateGroup;
  const Result<bool> has_room = HasRoom(delivery.group);
  if (has_room && *has_room != wants_room) return {.delivery = delivery};
  if (has_room) return Send(delivery, command);
  return outcomes_.Resolve(delivery, command, ImOutcome::kPassing, clock_.Now(), Jitter(random_));
}

Resolution ImSender::Send(const Delivery& delivery, GroupCommand command) {
  const ImOutcome outcome = caller_.Call(command, delivery.group, options_.call_timeout);
  if (ImCaller::IsAnswer(outcome)) outcomes_.RecordAnswer(clock_.Now());
  return outcomes_.Resolve(delivery, command, outcome, clock_.Now(), Jitter(random_));
}

Result<bool> ImSender::HasRoom(const RoomId& id) {
  for (const RoomKind kind : kAllRoomKinds) {
    const Result<Room> room = store_.Load({.kind = kind, .id = id});
    if (room) return true;
    if (room.error().code != Errc::kRoomNotFound) return room.error();
  }
  return false;
}

Status ImSender::WriteOrFail(const Resolution& resolution) {
  try {
    return WriteResolution(deliveries_, resolution);
  } catch (const std::exception&) {
    return Error{Errc::kInternal, std::string(CurrentExceptionType())};
  }
}

void ImSender::Write(const Resolution& resolution) {
  if (WriteOrFail(resolution)) return Release(resolution.delivery);
  // The group stays claimed until it is written: the same call would be sent again.
  const MutexLock lock(mutex_);
  unwritten_.push_back(resolution);
}

void ImSender::Release(const Delivery& delivery) {
  // While this node sends, its maker has no claim of the group that this could end.
  if (delivery.kind != DeliveryKind::kNotifyGroup) {
    (void)cluster_.ReleaseGroup(delivery.group);  // else it ends by itself
  }
  claims_.Release(delivery.group);
}

void ImSender::WriteAgain(MonotonicTime now) {
  std::vector<Resolution> unwritten;
  {
    const MutexLock lock(mutex_);
    if (unwritten_.empty() || (write_again_at_ && now < *write_again_at_)) return;
    unwritten = std::exchange(unwritten_, {});
  }
  const bool is_first = !write_again_at_.has_value();
  auto place = unwritten.begin();
  for (; place != unwritten.end(); ++place) {
    const Status written = WriteOrFail(*place);
    if (!written && is_first) {
      logger_.Warn("im_outcome_not_stored",
                   {{"error", ErrcName(written.error().code)}, {"detail", written.error().detail}});
    }
    if (!written) break;
    Release(place->delivery);
  }
  write_again_at_.reset();
  if (place == unwritten.end()) return;
  write_again_at_ = now + options_.store_pause;
  const MutexLock lock(mutex_);
  unwritten_.insert(unwritten_.end(), std::move_iterator(place),
                    std::move_iterator(unwritten.end()));
}

void ImSender::Report(const Resolution& resolution, GroupCommand command) {
  const auto log = [&](LogLevel level, const char* event) {
    logger_.Log(level, event,
                {{"command", GroupCommandName(command)},
                 {"group", resolution.delivery.group.value},
                 {"outcome", ImOutcomeName(resolution.outcome)}});
  };
  switch (resolution.end) {
    case DeliveryEnd::kDone:
      break;
    case DeliveryEnd::kPostponed:
      tallies_.retries.Count(GroupCommandName(command));
      break;
    case DeliveryEnd::kDropped:
      tallies_.dropped.Count(GroupCommandName(command));
      log(LogLevel::kDebug, "im_dropped");
      break;
    case DeliveryEnd::kGivenUp:
      tallies_.dropped.Count(GroupCommandName(command));
      log(LogLevel::kWarn, "im_given_up");
      break;
    case DeliveryEnd::kSwitched:
      logger_.Warn("im_system_notices_disabled", {{"instead", "custom_message"}});
      break;
  }
}

ImBacklog ImSender::ReadBacklog() {
  const Result<DeliveryBacklog> backlog = deliveries_.CountDeliveries();
  if (!backlog) return {};
  ImBacklog read{.groups = backlog->groups};
  if (!backlog->oldest_event) return read;
  const Result<Cursor> newest = store_.Newest();
  if (newest) read.lag = newest->position + 1 - std::min(newest->position, *backlog->oldest_event);
  return read;
}

}  // namespace rtcroom
