#include "daemon/core/web_session_table.h"

#include <utility>

namespace rtcroom {
namespace {

template <typename Map, typename Key>
WebSessionTable::Ids IdsOf(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? WebSessionTable::Ids() : found->second;
}

template <typename Map, typename Key>
void EraseFrom(Map& map, const Key& key, const std::string& id) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(id);
  if (found->second.empty()) map.erase(found);
}

template <typename Map, typename Key>
std::size_t CountOf(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

template <typename Map, typename Key>
void Decrease(Map& map, const Key& key) {
  const auto found = map.find(key);
  if (found != map.end() && --found->second == 0) map.erase(found);
}

}  // namespace

void WebSessionTable::Add(WebSession session) {
  const std::string& id = session.id;
  by_member_[{session.room, session.user_id}].insert(id);
  by_stream_[session.name].insert(id);
  if (session.worker) by_worker_[session.worker.get()].insert(id);
  ++of_user_[session.user_id];
  if (!session.address.empty()) ++of_address_[session.address];
  if (session.done) waiting_.insert(id);
  if (session.publishes()) ++publishing_;
  sessions_.emplace(id, std::move(session));
}

std::optional<WebSession> WebSessionTable::Remove(std::string_view id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return std::nullopt;
  WebSession session = std::move(found->second);
  sessions_.erase(found);
  EraseFrom(by_member_, std::pair(session.room, session.user_id), session.id);
  EraseFrom(by_stream_, session.name, session.id);
  EraseFrom(by_worker_, session.worker.get(), session.id);
  Decrease(of_user_, session.user_id);
  Decrease(of_address_, session.address);
  waiting_.erase(session.id);
  if (session.publishes()) --publishing_;
  return session;
}

WebSession* WebSessionTable::Find(std::string_view id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

const WebSession* WebSessionTable::Find(std::string_view id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void WebSessionTable::Place(WebSession& session, const WebWorkerPtr& worker) {
  EraseFrom(by_worker_, session.worker.get(), session.id);
  session.worker = worker;
  by_worker_[worker.get()].insert(session.id);
}

WebAnswerDone WebSessionTable::TakeDone(WebSession& session) {
  waiting_.erase(session.id);
  return std::exchange(session.done, nullptr);
}

WebSessionTable::Ids WebSessionTable::OfMember(const RoomKey& room, const UserId& user_id) const {
  return IdsOf(by_member_, std::pair(room, user_id));
}

WebSessionTable::Ids WebSessionTable::OfRoom(const RoomKey& room) const {
  Ids ids;
  for (auto member = by_member_.lower_bound(std::pair(room, UserId()));
       member != by_member_.end() && member->first.first == room; ++member) {
    ids.insert(member->second.begin(), member->second.end());
  }
  return ids;
}

WebSessionTable::Ids WebSessionTable::OfStream(const WebStreamName& name) const {
  return IdsOf(by_stream_, name);
}

WebSessionTable::Ids WebSessionTable::Publishing(const WebStreamName& name) const {
  Ids ids = OfStream(name);
  std::erase_if(ids, [this](const std::string& id) { return !Find(id)->publishes(); });
  return ids;
}

const WebSession* WebSessionTable::Replaced(WebDirection direction,
                                            const WebStreamName& name) const {
  if (direction != WebDirection::kPublish) return nullptr;
  for (const std::string& id : Publishing(name)) {
    const WebSession* const session = Find(id);
    if (!session->done) return session;
  }
  return nullptr;
}

WebSessionTable::Ids WebSessionTable::OfWorker(const WebWorkerLink& worker) const {
  return IdsOf(by_worker_, &worker);
}

std::size_t WebSessionTable::CountOfUser(const UserId& user_id) const {
  return CountOf(of_user_, user_id);
}

std::size_t WebSessionTable::CountOfAddress(const std::string& address) const {
  return CountOf(of_address_, address);
}

std::vector<std::pair<RoomKey, UserId>> WebSessionTable::Members() const {
  std::vector<std::pair<RoomKey, UserId>> members;
  for (const auto& [member, ids] : by_member_) members.push_back(member);
  return members;
}

}  // namespace rtcroom
