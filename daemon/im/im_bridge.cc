#include "daemon/im/im_bridge.h"

#include <functional>
#include <vector>

namespace rtcroom {

ImBridge::ImBridge(const ImBridgeParts& parts, const ImBridgeOptions& options)
    : clock_(parts.clock),
      tasks_(parts.tasks),
      commits_(parts.commits),
      shared_(options.notify_via, options.limits),
      caller_(parts.service, parts.budget, parts.clock, parts.observer, parts.logger,
              [this] {
                {
                  const MonotonicTime now = clock_.Monotonic();
                  const MutexLock lock(shared_.mutex);
                  shared_.deliveries.Hurry(now);
                }
                commits_.Raise();
              }),
      reader_(parts.store, parts.positions, shared_, parts.observer, parts.logger),
      dispatcher_(parts.store, parts.tasks, reader_, caller_, shared_, parts.clock, parts.random,
                  parts.observer, options.dispatcher, parts.logger, [this] { commits_.Raise(); }),
      maker_(shared_, caller_, parts.tasks, parts.clock, parts.random, options.maker, parts.logger,
             [this] { commits_.Raise(); }) {}

ImBridge::~ImBridge() {
  Stop(std::chrono::milliseconds(0));
  maker_.Stop();
  dispatcher_.Stop();
}

Status ImBridge::Start() {
  if (const Status status = reader_.Start(); !status) return status;
  const Result<std::vector<GroupTask>> left_over = tasks_.LoadGroupTasks();
  if (!left_over) return left_over.error();
  {
    const MonotonicTime now = clock_.Monotonic();
    const MutexLock lock(shared_.mutex);
    for (const GroupTask& task : *left_over) {
      shared_.deliveries.NoteTask(task.group);
      switch (task.kind) {
        case GroupTaskKind::kMaking:
        case GroupTaskKind::kDestroy:
          // A create may have been under way when the process ended, or the first of two
          // destroys done.
          shared_.deliveries.OweDestroyTwice(task.group, now);
          break;
        case GroupTaskKind::kCreate:
          shared_.deliveries.OweCreate(task.group, now);
          break;
      }
    }
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return {};
}

void ImBridge::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const MonotonicTime next = dispatcher_.Round();
    const MonotonicTime now = clock_.Monotonic();
    // The signal waits by the real clock, whatever ours is.
    if (next > now) commits_.Wait(std::chrono::steady_clock::now() + (next - now));
  }
}

void ImBridge::Stop(std::chrono::milliseconds patience) {
  {
    const MutexLock lock(shared_.mutex);
    shared_.stopping = true;
    shared_.changed.NotifyAll();
  }
  maker_.Close();
  dispatcher_.Close();
  if (!thread_.joinable()) return;
  thread_.request_stop();
  commits_.Raise();
  thread_.join();
  dispatcher_.AwaitLanes(patience);
  reader_.Save();
}

std::size_t ImBridge::owed_groups() {
  const MutexLock lock(shared_.mutex);
  return shared_.deliveries.groups();
}

std::size_t ImBridge::stored_tasks() {
  const MutexLock lock(shared_.mutex);
  return shared_.deliveries.tasks();
}

}  // namespace rtcroom
