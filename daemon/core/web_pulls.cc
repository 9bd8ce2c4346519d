#include "daemon/core/web_pulls.h"

#include <utility>

namespace rtcroom {

void WebPulls::Add(const RoomKey& room) {
  if (++rooms_[room].sessions == 1) changed_.insert(room);
}

void WebPulls::Remove(const RoomKey& room) {
  const auto known = rooms_.find(room);
  if (known == rooms_.end() || --known->second.sessions > 0) return;
  Forget(known->second.streams);
  rooms_.erase(known);
  changed_.erase(room);
}

void WebPulls::OnChanged(const RoomKey& room) {
  if (rooms_.contains(room)) changed_.insert(room);
}

std::vector<RoomKey> WebPulls::TakeChanged() {
  std::vector<RoomKey> changed(changed_.begin(), changed_.end());
  changed_.clear();
  return changed;
}

void WebPulls::Set(const RoomKey& room, std::vector<std::string> streams) {
  const auto known = rooms_.find(room);
  if (known == rooms_.end()) return;
  for (const std::string& stream : streams) ++wanted_[stream];
  Forget(std::exchange(known->second.streams, std::move(streams)));
}

void WebPulls::Forget(const std::vector<std::string>& streams) {
  for (const std::string& stream : streams) {
    const auto wanted = wanted_.find(stream);
    if (--wanted->second == 0) wanted_.erase(wanted);
  }
}

bool WebPulls::OnAir(std::string_view stream, bool is_on) {
  if (is_on) {
    on_air_.emplace(stream);
  } else if (const auto known = on_air_.find(stream); known != on_air_.end()) {
    on_air_.erase(known);
  }
  return wanted_.contains(stream);
}

std::set<std::string_view> WebPulls::Streams() const {
  std::set<std::string_view> streams;
  for (const auto& [stream, rooms] : wanted_) {
    if (on_air_.contains(stream)) streams.insert(stream);
  }
  return streams;
}

}  // namespace rtcroom
