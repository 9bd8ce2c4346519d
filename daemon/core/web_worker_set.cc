#include "daemon/core/web_worker_set.h"

#include <string>

#include "daemon/base/sip_hash.h"

namespace rtcroom {

void WebWorkerSet::Add(const WebWorkerPtr& worker, std::size_t max_sessions) {
  workers_[worker.get()] = {.link = worker, .number = ++last_, .max_sessions = max_sessions};
}

WebWorkerPtr WebWorkerSet::Find(const WebWorkerLink& worker) const {
  const auto known = workers_.find(&worker);
  return known == workers_.end() ? nullptr : known->second.link;
}

bool WebWorkerSet::HasPlace(const WebWorkerLink& worker, const WebSessionTable& sessions,
                            const WebSession* replaced) const {
  const auto known = workers_.find(&worker);
  const bool is_here = replaced != nullptr && replaced->worker.get() == &worker;
  return known != workers_.end() &&
         sessions.OfWorker(worker).size() < known->second.max_sessions + (is_here ? 1U : 0U);
}

// All sessions of a stream are at one worker, so that its media reaches that one once.
WebWorkerPtr WebWorkerSet::Choose(const WebStreamName& name, const WebSessionTable& sessions,
                                  const WebSession* replaced) const {
  for (const std::string& id : sessions.OfStream(name)) {
    const WebWorkerPtr& worker = sessions.Find(id)->worker;
    if (worker != nullptr) return HasPlace(*worker, sessions, replaced) ? worker : nullptr;
  }
  WebWorkerPtr chosen;
  std::size_t best = 0;
  for (const auto& [link, worker] : workers_) {
    if (!HasPlace(*link, sessions, replaced)) continue;
    const std::size_t weight = NameHash()(name.stream, std::to_string(worker.number));
    if (chosen == nullptr || weight > best) {
      chosen = worker.link;
      best = weight;
    }
  }
  return chosen;
}

std::vector<WebWorkerPtr> WebWorkerSet::All() const {
  std::vector<WebWorkerPtr> all;
  for (const auto& [link, worker] : workers_) all.push_back(worker.link);
  return all;
}

}  // namespace rtcroom
