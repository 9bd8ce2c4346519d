#include "daemon/media/media_poller.h"

#include <algorithm>
#include <utility>

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

// Each thread waits for one answer.
constexpr std::size_t kTakeoverThreads = 4;
constexpr std::size_t kMaxTakeovers = 256;

}  // namespace

MediaPoller::MediaPoller(MediaPollerOptions options, const MediaPollerDeps& deps)
    : options_(options), deps_(deps), takeovers_(kTakeoverThreads, kMaxTakeovers) {}

void MediaPoller::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void MediaPoller::Stop() {
  thread_.request_stop();
  deps_.removals.Raise();
  if (thread_.joinable()) thread_.join();
  takeovers_.Stop();
}

void MediaPoller::Run(const std::stop_token& stop) {
  MonotonicTime next_poll = RealTime();
  while (true) {
    (void)deps_.removals.Wait(next_poll);
    if (stop.stop_requested()) return;
    try {
      if (RealTime() >= next_poll) {
        next_poll = RealTime() + options_.period;
        if (deps_.server != nullptr) Poll();
      }
      // A server that does not answer takes `drop_timeout` for each.
      const MonotonicTime deadline = deps_.clock.Monotonic() + options_.period;
      DropAll(deps_.monitor.Sweep(), deadline);
      if (deps_.players != nullptr) DropAll(deps_.players->Sweep(), deadline);
    } catch (const std::exception&) {
      // Most likely out of memory: the next round repeats what was left out.
      deps_.logger.Error("media_poll_fault");
    }
  }
}

void MediaPoller::Poll() {
  const MonotonicTime asked_at = deps_.clock.Monotonic();
  Result<StreamList> list = deps_.server->List(options_.poll_timeout);
  deps_.on_poll(list.ok(), deps_.clock.Monotonic() - asked_at);
  if (!list) {
    RecordReach(list.error());
    return deps_.monitor.PollFailed();
  }
  StreamPoll poll{.asked_at = asked_at, .life = std::move(list->life), .uptime = list->uptime};
  for (const ListedStream& stream : list->streams) {
    poll.clients.push_back({.stream = stream.name, .client = stream.client});
  }
  deps_.monitor.Poll(poll, list->streams);
  RecordReach(deps_.players == nullptr ? Status() : deps_.players->Poll(options_.poll_timeout));
}

void MediaPoller::RecordReach(const Status& reached) {
  if (reached.ok() == std::exchange(is_up_, reached.ok())) return;  // already logged
  if (reached) return deps_.logger.Info("media_server_recovered");
  deps_.logger.Warn("media_server_unreachable", {{"error", ErrcName(reached.error().code)},
                                                 {"detail", reached.error().detail}});
}

void MediaPoller::DropThen(std::vector<StreamDrop> drops, std::function<void()> done) {
  if (drops.empty() || deps_.server == nullptr) return done();
  const auto shared = std::make_shared<std::function<void()>>(std::move(done));
  // The time in the queue counts.
  const MonotonicTime deadline = deps_.clock.Monotonic() + options_.drop_timeout;
  const bool is_queued = takeovers_.TrySubmit(ThreadPool::Urgency::kNormal,
                                              [this, drops = std::move(drops), shared, deadline] {
                                                TryDropAll(drops, deadline);
                                                (*shared)();
                                              });
  if (!is_queued) (*shared)();
}

void MediaPoller::TryDropAll(const std::vector<StreamDrop>& drops,
                             MonotonicTime deadline) noexcept {
  try {
    DropAll(drops, deadline);
  } catch (const std::exception&) {
    // Most likely out of memory: the next round repeats what was left out.
    deps_.logger.Error("media_poll_fault");
  }
}

void MediaPoller::DropAll(const std::vector<StreamDrop>& drops, MonotonicTime deadline) {
  if (deps_.server == nullptr) return;
  for (const StreamDrop& drop : drops) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - deps_.clock.Monotonic());
    if (left.count() <= 0) return;
    const auto& [client, reason] = drop;
    const Result<DropOutcome> outcome =
        deps_.server->Drop(client.stream, client.client, std::min(left, options_.drop_timeout));
    const bool is_dropped = outcome && *outcome == DropOutcome::kDropped;
    // The callback of its end may be lost: after a start the server polls before it can be called.
    if (is_dropped) deps_.monitor.Ended(client.client);
    if (is_dropped && deps_.players != nullptr) deps_.players->Dropped(client.client);
    deps_.drops.Count(StreamDropReasonName(reason), is_dropped ? "dropped" : "not_dropped");
    deps_.logger.Info("stream_dropped", {{"stream", client.stream},
                                         {"client", client.client},
                                         {"reason", StreamDropReasonName(reason)},
                                         {"dropped", is_dropped}});
  }
}

}  // namespace rtcroom
