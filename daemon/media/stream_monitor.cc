#include "daemon/media/stream_monitor.h"

#include <algorithm>
#include <utility>

namespace rtcroom {
namespace {

std::vector<PartialStream> PartialOf(std::span<const ListedStream> listed) {
  std::vector<PartialStream> partial;
  for (const ListedStream& stream : listed) {
    if (stream.parts != StreamParts()) partial.push_back({stream.name, stream.parts});
  }
  return partial;
}

}  // namespace

bool StreamMonitor::Guard::IsBanned(std::string_view stream, const PushBinding* binding) const {
  if (binding != nullptr && !binding->room.id.value.empty()) {
    return deps_.bans.IsBanned(binding->room, binding->user_id);
  }
  const bool is_banned = binding != nullptr
                             ? deps_.bans.IsBannedSomewhere(binding->room.kind, binding->user_id)
                             : deps_.bans.IsStreamBanned(stream);
  // Who was let into another room may send there.
  return is_banned && !deps_.claims.IsClaimedByItsUser(stream);
}

std::optional<TimePoint> StreamMonitor::Guard::RevokedUntil(std::string_view stream) const {
  return deps_.revocations.RevokedUntil(stream);
}

bool StreamMonitor::Guard::IsClaimed(std::string_view stream) const {
  return deps_.claims.IsClaimed(stream);
}

bool StreamMonitor::Guard::IsClaimedByItsUser(std::string_view stream) const {
  return deps_.claims.IsClaimedByItsUser(stream);
}

StreamMonitor::StreamMonitor(const StreamTableOptions& options, const StreamMonitorDeps& deps)
    : deps_(deps), guard_(deps), table_(options, guard_, deps.clock.Monotonic(), deps.on_air) {}

PublishOutcome StreamMonitor::Publish(std::string_view stream, std::string_view client,
                                      const StreamArguments& arguments) {
  const StreamCall call{.stream = stream,
                        .client = client,
                        .signature = deps_.pushers.Check(stream, arguments, deps_.clock.Now()),
                        .web_session = arguments.rw.value_or(""),
                        .is_again = arguments.is_again};
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  PublishOutcome outcome = table_.Publish(call, now);
  outcome.signature = call.signature.state;
  const bool is_phone = outcome.verdict == PublishVerdict::kAccepted && !arguments.rw;
  if (is_phone && deps_.on_air != nullptr) deps_.on_air->OnPhone(stream);
  return outcome;
}

UpdateVerdict StreamMonitor::Update(std::string_view stream, std::string_view client,
                                    const StreamArguments& arguments,
                                    std::optional<std::int64_t> media_ms) {
  const StreamCall call{.stream = stream,
                        .client = client,
                        .signature = deps_.pushers.Check(stream, arguments, deps_.clock.Now()),
                        .web_session = arguments.rw.value_or("")};
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  return table_.Update(call, media_ms, now);
}

void StreamMonitor::Ended(std::string_view client) {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  table_.Ended(client, now);
}

std::string StreamMonitor::StreamOfClient(std::string_view client) const {
  const MutexLock lock(mutex_);
  return table_.StreamOfClient(client);
}

StreamSignature StreamMonitor::CheckPlay(std::string_view stream,
                                         const StreamArguments& arguments) const {
  return deps_.players.Check(stream, arguments, deps_.clock.Now());
}

void StreamMonitor::Poll(const StreamPoll& poll, std::span<const ListedStream> listed) {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  if (deps_.on_air != nullptr) deps_.on_air->OnPartial(PartialOf(listed));
  table_.Poll(poll, now);
  rates_.Take(listed, poll.asked_at);
}

void StreamMonitor::PollFailed() {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  table_.PollFailed(now);
}

std::vector<StreamDrop> StreamMonitor::Sweep() {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  std::vector<StreamDrop> drops = table_.Sweep(now);
  TakeEvictedLocked();
  for (const StreamClient& client : evicted_) {
    const bool is_listed = std::ranges::find(drops, client, &StreamDrop::client) != drops.end();
    if (!is_listed) drops.push_back({.client = client, .reason = StreamDropReason::kEvicted});
  }
  return drops;
}

void StreamMonitor::TakeEvictedLocked() {
  std::erase_if(evicted_, [this](const StreamClient& client) REQUIRES(mutex_) {
    // Its stream may have been claimed again meanwhile.
    return guard_.IsClaimed(client.stream) || !table_.HasClient(client);
  });
  for (const std::string& stream : deps_.claims.TakeEvicted()) {
    if (guard_.IsClaimed(stream)) continue;
    for (StreamClient& client : table_.ClientsOf(stream)) {
      if (std::ranges::find(evicted_, client) != evicted_.end()) continue;
      evicted_.push_back(std::move(client));
    }
  }
}

MediaState StreamMonitor::StateOf(std::string_view stream) const {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  const StreamMedia media = table_.MediaOf(stream, now);
  using std::chrono::milliseconds;
  if (!media.is_confirmed) {
    return {.kind = MediaState::Kind::kUnknown,
            .lasting = std::chrono::duration_cast<milliseconds>(table_.AwayFor(now))};
  }
  const auto lasting = std::chrono::duration_cast<milliseconds>(now - media.since);
  switch (media.state) {
    case StreamPhase::kOn:
      return {.kind = MediaState::Kind::kOn,
              .lasting = lasting,
              .seen_ago = std::chrono::duration_cast<milliseconds>(now - media.seen_at),
              .bits_per_second = rates_.Of(stream)};
    case StreamPhase::kOff:
      return {.kind = MediaState::Kind::kOff, .lasting = lasting};
    case StreamPhase::kNone:
      break;
  }
  return {.kind = MediaState::Kind::kNone};
}

std::vector<std::string> StreamMonitor::OffFor(std::chrono::milliseconds grace) const {
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  return table_.OffFor(grace, now);
}

std::vector<StreamSign> StreamMonitor::SignsSince(MonotonicTime since) const {
  const MutexLock lock(mutex_);
  return table_.SignsSince(since, deps_.clock.Monotonic());
}

StreamCounts StreamMonitor::Count() const {
  const MutexLock lock(mutex_);
  return table_.Count();
}

}  // namespace rtcroom
