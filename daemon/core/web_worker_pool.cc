#include "daemon/core/web_worker_pool.h"

#include <algorithm>
#include <string>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

void WebWorkerPool::Add(const WebWorkerPtr& link, std::size_t max_sessions) {
  all_.push_back({.link = link, .number = ++last_number_, .max_sessions = max_sessions});
}

bool WebWorkerPool::Remove(const WebWorkerLink& link) {
  return std::erase_if(all_, [&](const Worker& one) { return one.link.get() == &link; }) != 0;
}

WebWorkerPool::Worker* WebWorkerPool::Find(const WebWorkerLink& link) {
  const auto found =
      std::ranges::find_if(all_, [&](const Worker& one) { return one.link.get() == &link; });
  return found == all_.end() ? nullptr : &*found;
}

void WebWorkerPool::Pause(const WebWorkerLink& link, MonotonicTime now) {
  if (Worker* const worker = Find(link)) worker->paused_until = now + kPause;
}

void WebWorkerPool::SetUsage(const WebWorkerLink& link, const WebUsage& usage) {
  if (Worker* const worker = Find(link)) worker->usage = usage;
}

// All sessions of a stream are at one worker, so that its media reaches that one once.
WebWorkerPtr WebWorkerPool::Choose(const WebStreamName& name, const WebWorkerPtr& home,
                                   const Load& load, MonotonicTime now) const {
  WebWorkerPtr chosen;
  std::size_t best = 0;
  for (const Worker& worker : all_) {
    if (home != nullptr ? worker.link != home : now < worker.paused_until) continue;
    const auto loaded = load.find(worker.link.get());
    if (loaded != load.end() && loaded->second >= worker.max_sessions) continue;
    const std::size_t weight = NameHash()(name.stream, std::to_string(worker.number));
    if (chosen != nullptr && weight <= best) continue;
    chosen = worker.link;
    best = weight;
  }
  return chosen;
}

}  // namespace rtcroom
