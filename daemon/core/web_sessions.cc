#include "daemon/core/web_sessions.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>

#include "daemon/base/address_key.h"

namespace rtcroom {
namespace {

constexpr std::size_t kIdBytes = 16;
/// Of a session ID in the log: the whole is the right to end it.
constexpr std::size_t kLoggedDigits = 8;
/// Users whose offers are counted; beyond it all are forgotten.
constexpr std::size_t kMaxCountedUsers = 100'000;

std::string_view Cut(std::string_view session) { return session.substr(0, kLoggedDigits); }

template <typename Map, typename Key, typename Id>
void EraseFrom(Map& map, const Key& key, const Id& id) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(id);
  if (found->second.empty()) map.erase(found);
}

template <typename Map, typename Key>
void Decrease(Map& map, const Key& key) {
  const auto found = map.find(key);
  if (found != map.end() && --found->second == 0) map.erase(found);
}

template <typename Map, typename Key>
std::size_t CountOf(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

std::int64_t Seconds(MonotonicTime::duration span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

}  // namespace

WebSessions::WebSessions(Deps deps, const WebSessionLimits& limits)
    : deps_(std::move(deps)), limits_(limits) {}

void WebSessions::Open(const WebOffer& offer, Done done) {
  const WebDirection direction = offer.grant.direction;
  const auto refuse = [&](WebOpenOutcome outcome, std::string_view reason) {
    deps_.logger.Info("web_refused", {{"direction", WebDirectionName(direction)},
                                      {"user", offer.grant.binding.user_id.value},
                                      {"stream", offer.grant.name.stream},
                                      {"outcome", WebOpenOutcomeName(outcome)},
                                      {"reason", reason}});
    Answer(direction, done, {.outcome = outcome});
  };
  const auto refuse_over = [&](const Error& error) {
    refuse(error.code == Errc::kNotAllowed ? WebOpenOutcome::kNotAllowed : WebOpenOutcome::kFailed,
           error.detail);
  };
  const Result<RoomKey> room = deps_.rights.Check(offer.grant);
  if (!room) return refuse_over(room.error());
  auto outcome = WebOpenOutcome::kFull;
  const Result<std::string> id = [&]() -> Result<std::string> {
    const MutexLock lock(mutex_);
    return AddLocked(offer, *room, done, outcome);
  }();
  if (!id) return refuse(outcome, id.error().detail);
  // A removal between the first check and now has found no session to end.
  const Result<RoomKey> again = deps_.rights.Check(offer.grant);
  Effects effects;
  {
    const MutexLock lock(mutex_);
    if (again) {
      SendOpenLocked(*id, offer, effects);
    } else {
      EndLocked(*id, WebEndReason::kRemoved, Tell::kNobody, effects);
    }
  }
  Apply(effects);
  changes_.Raise();  // its deadline
}

Result<std::string> WebSessions::AddLocked(const WebOffer& offer, const RoomKey& room, Done& done,
                                           WebOpenOutcome& outcome) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const UserId& user_id = offer.grant.binding.user_id;
  std::string address = AddressKey(offer.address);
  if (!AdmitLocked(user_id, now)) return Error{Errc::kTooManyRequests, "too many offers"};
  if (IsFullLocked(user_id, address)) {
    return Error{Errc::kTooManyRequests, "too many sessions of the user or the address"};
  }
  if (workers_.empty()) {
    outcome = WebOpenOutcome::kNoWorker;
    return Error{Errc::kUnavailable, "no worker is connected"};
  }
  std::string id = RandomHex(deps_.random, kIdBytes);
  IndexLocked({.id = id,
               .direction = offer.grant.direction,
               .name = offer.grant.name,
               .room = room,
               .user_id = user_id,
               .address = std::move(address),
               .signed_until = offer.grant.signed_until,
               .since = now,
               .deadline = now + limits_.answer_within,
               .done = std::move(done)});
  waiting_.insert(id);
  return id;
}

void WebSessions::SendOpenLocked(const std::string& id, const WebOffer& offer, Effects& effects) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;  // a removal has ended it, and answered
  Session& session = found->second;
  session.worker = ChooseLocked(session.name);
  if (session.worker == nullptr) {
    const auto outcome = workers_.empty() ? WebOpenOutcome::kNoWorker : WebOpenOutcome::kFull;
    return EndLocked(id, WebEndReason::kWorker, Tell::kNobody, effects, outcome);
  }
  session.worker->sessions.insert(id);
  const bool publishes = session.direction == WebDirection::kPublish;
  const std::string query =
      publishes ? offer.rtmp_query
                : deps_.signatures.PlayQuery(session.name, &offer.grant.binding, deps_.clock.Now());
  session.worker->link->Open({.session = id,
                              .direction = session.direction,
                              .name = session.name,
                              .rtmp_query = query,
                              .offer = offer.sdp});
}

bool WebSessions::AdmitLocked(const UserId& user_id, MonotonicTime now) {
  // Only holders of a signed address get here.
  if (offers_.size() >= kMaxCountedUsers) offers_.clear();
  return offers_[user_id].Take(now, limits_.offers);
}

bool WebSessions::IsFullLocked(const UserId& user_id, const std::string& address) const {
  return CountOf(of_user_, user_id) >= limits_.per_user ||
         CountOf(of_address_, address) >= limits_.per_address;
}

void WebSessions::IndexLocked(Session session) {
  const std::string& id = session.id;
  by_member_[{session.room, session.user_id}].insert(id);
  by_stream_[session.name].insert(id);
  ++of_user_[session.user_id];
  if (!session.address.empty()) ++of_address_[session.address];
  pulls_.Add(session.room);
  needs_keep_ = true;
  sessions_.emplace(id, std::move(session));
}

// Of one stream they are all at one worker, so that its media reaches that one once.
WebSessions::Worker* WebSessions::ChooseLocked(const WebStreamName& name) {
  if (const auto known = by_stream_.find(name); known != by_stream_.end()) {
    for (const std::string& id : known->second) {
      Worker* const worker = sessions_.find(id)->second.worker;
      if (worker == nullptr) continue;
      return worker->sessions.size() < worker->max_sessions ? worker : nullptr;
    }
  }
  Worker* chosen = nullptr;
  std::size_t best = 0;
  for (auto& [link, worker] : workers_) {
    if (worker.sessions.size() >= worker.max_sessions) continue;
    const std::size_t weight = NameHash()(name.stream, std::to_string(worker.number));
    if (chosen == nullptr || weight > best) {
      chosen = &worker;
      best = weight;
    }
  }
  return chosen;
}

WebSessions::Worker* WebSessions::WorkerOfLocked(const WebWorkerLink& link) {
  const auto found = workers_.find(&link);
  return found == workers_.end() ? nullptr : &found->second;
}

WebSessions::Session* WebSessions::FindLocked(const WebWorkerLink& link, std::string_view id) {
  const auto found = sessions_.find(id);
  const bool is_known = found != sessions_.end() && found->second.worker != nullptr &&
                        found->second.worker->link.get() == &link;
  return is_known ? &found->second : nullptr;
}

bool WebSessions::Delete(std::string_view session) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return false;
    EndLocked(std::string(session), WebEndReason::kDeleted, Tell::kWorker, effects);
  }
  Apply(effects);
  return true;
}

bool WebSessions::Has(std::string_view session) const {
  const MutexLock lock(mutex_);
  return sessions_.contains(session);
}

void WebSessions::Attach(const WebWorkerPtr& worker, std::size_t max_sessions,
                         std::span<const WebRunning> running) {
  struct Kept {
    const WebRunning* running = nullptr;
    WebGrant grant{};
    RoomKey room{};
  };
  std::vector<Kept> kept;
  const auto check = [this](const WebRunning& one) -> std::optional<Kept> {
    const std::optional<WebGrant> grant =
        deps_.signatures.Read(one.direction, one.name, one.rtmp_query);
    if (!grant || one.session.size() != 2 * kIdBytes) return std::nullopt;
    const Result<RoomKey> room = deps_.rights.Check(*grant);
    if (!room) return std::nullopt;
    return Kept{.running = &one, .grant = *grant, .room = *room};
  };
  for (const WebRunning& one : running) {
    if (std::optional<Kept> checked = check(one)) kept.push_back(*std::move(checked));
  }
  Effects effects;
  {
    const MutexLock lock(mutex_);
    Worker& added = workers_[worker.get()];
    added = {.link = worker,
             .number = ++last_worker_,
             .max_sessions = std::min(max_sessions, limits_.per_worker)};
    const MonotonicTime now = deps_.clock.Monotonic();
    for (const Kept& one : kept) {
      const std::string& id = one.running->session;
      // A worker may call anew before the end of its former call is noticed.
      EndLocked(id, WebEndReason::kDeleted, Tell::kNobody, effects);
      IndexLocked({.id = id,
                   .direction = one.grant.direction,
                   .name = one.grant.name,
                   .room = one.room,
                   .user_id = one.grant.binding.user_id,
                   .signed_until = one.grant.signed_until,
                   .worker = &added,
                   .since = now,
                   .figures = {.is_connected = one.running->is_connected}});
      added.sessions.insert(id);
    }
    for (const WebRunning& one : running) {
      if (!added.sessions.contains(one.session)) {
        worker->Close(one.session, WebEndReasonName(WebEndReason::kRemoved));
      }
    }
    needs_keep_ = true;
  }
  // A removal between the check and now has found no session to end.
  for (const Kept& one : kept) {
    if (deps_.rights.Check(one.grant)) continue;
    const MutexLock lock(mutex_);
    EndLocked(one.running->session, WebEndReason::kRemoved, Tell::kWorker, effects);
  }
  Apply(effects);
  deps_.logger.Info("web_worker_connected", {{"sessions", running.size()},
                                             {"kept", kept.size()},
                                             {"max_sessions", max_sessions}});
  changes_.Raise();
}

void WebSessions::Detach(const WebWorkerLink& worker) {
  Effects effects;
  std::size_t ended = 0;
  {
    const MutexLock lock(mutex_);
    const auto found = workers_.find(&worker);
    if (found == workers_.end()) return;
    const Ids ids = found->second.sessions;
    ended = ids.size();
    for (const std::string& id : ids) {
      EndLocked(id, WebEndReason::kWorker, Tell::kNobody, effects, WebOpenOutcome::kNoWorker);
    }
    workers_.erase(found);
    needs_keep_ = true;
  }
  Apply(effects);
  deps_.logger.Warn("web_worker_gone", {{"sessions", ended}});
  changes_.Raise();
}

void WebSessions::OnOpened(const WebWorkerLink& worker, std::string_view session,
                           std::string answer) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    Session* const opened = FindLocked(worker, session);
    if (opened == nullptr) {
      // It was ended before the worker knew it.
      if (const Worker* const known = WorkerOfLocked(worker)) {
        known->link->Close(session, WebEndReasonName(WebEndReason::kRemoved));
      }
    } else if (opened->done) {
      waiting_.erase(opened->id);
      Done done = std::exchange(opened->done, nullptr);
      effects.emplace_back([this, opened = *opened, done = std::move(done),
                            answer = std::move(answer)] {
        deps_.logger.Info("web_opened", {{"session", Cut(opened.id)},
                                         {"direction", WebDirectionName(opened.direction)},
                                         {"kind", RoomKindName(opened.room.kind)},
                                         {"room", opened.room.id.value},
                                         {"user", opened.user_id.value},
                                         {"stream", opened.name.stream}});
        Answer(opened.direction, done,
               {.outcome = WebOpenOutcome::kOpened, .session = opened.id, .text = answer});
      });
      if (opened->direction == WebDirection::kPublish) {
        // The newest wins, as with phones.
        const auto stays = [newest = opened->id](const Session& other) {
          return other.id == newest || other.done != nullptr;
        };
        EndPublishersLocked(WebStreamName(opened->name), WebEndReason::kTakenOver, stays, effects);
      }
    }
  }
  Apply(effects);
}

void WebSessions::OnRefused(const WebWorkerLink& worker, std::string_view session,
                            WebOpenOutcome outcome, std::string text) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    Session* const refused = FindLocked(worker, session);
    if (refused == nullptr || !refused->done) return;
    EndLocked(std::string(session), WebEndReason::kFailed, Tell::kNobody, effects, outcome,
              std::move(text));
  }
  Apply(effects);
}

void WebSessions::OnEnded(const WebWorkerLink& worker, std::string_view session,
                          WebEndReason reason) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    if (FindLocked(worker, session) == nullptr) return;
    EndLocked(std::string(session), reason, Tell::kNobody, effects, WebOpenOutcome::kFailed);
  }
  Apply(effects);
}

void WebSessions::OnFigures(const WebWorkerLink& worker,
                            std::span<const WebSessionFigures> figures) {
  const MonotonicTime now = deps_.clock.Monotonic();
  Effects effects;
  {
    const MutexLock lock(mutex_);
    for (const WebSessionFigures& one : figures) {
      Session* const session = FindLocked(worker, one.session);
      if (session == nullptr || session->done) continue;
      const WebFigures before = std::exchange(session->figures, one.figures);
      const std::uint32_t requests = one.figures.key_requests;
      effects.emplace_back([this, loss = one.figures.loss,
                            more = requests - std::min(requests, before.key_requests)] {
        deps_.observer.OnWebFigures(loss, more);
      });
      if (!one.figures.is_connected || before.is_connected) continue;
      effects.emplace_back([this, session = *session, now] {
        deps_.observer.OnWebConnected(now - session.since);
        deps_.logger.Info("web_connected", {{"session", Cut(session.id)},
                                            {"direction", WebDirectionName(session.direction)},
                                            {"room", session.room.id.value},
                                            {"user", session.user_id.value},
                                            {"stream", session.name.stream}});
      });
    }
  }
  Apply(effects);
}

void WebSessions::EndLocked(const std::string& id, WebEndReason reason, Tell tell, Effects& effects,
                            WebOpenOutcome outcome, std::string text) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session session = std::move(found->second);
  sessions_.erase(found);
  EraseFrom(by_member_, std::pair(session.room, session.user_id), session.id);
  EraseFrom(by_stream_, session.name, session.id);
  Decrease(of_user_, session.user_id);
  Decrease(of_address_, session.address);
  waiting_.erase(session.id);
  pulls_.Remove(session.room);
  needs_keep_ = true;
  if (session.worker != nullptr) {
    session.worker->sessions.erase(session.id);
    if (tell == Tell::kWorker) session.worker->link->Close(session.id, WebEndReasonName(reason));
  }
  effects.emplace_back([this, session = std::move(session), reason, outcome,
                        text = std::move(text), now = deps_.clock.Monotonic()] {
    if (!session.done) return Report(session, reason, now);
    Answer(session.direction, session.done, {.outcome = outcome, .text = text});
  });
}

void WebSessions::Report(const Session& session, WebEndReason reason, MonotonicTime now) const {
  deps_.observer.OnWebEnded(reason);
  deps_.logger.Info("web_ended", {{"session", Cut(session.id)},
                                  {"direction", WebDirectionName(session.direction)},
                                  {"kind", RoomKindName(session.room.kind)},
                                  {"room", session.room.id.value},
                                  {"user", session.user_id.value},
                                  {"stream", session.name.stream},
                                  {"reason", WebEndReasonName(reason)},
                                  {"seconds", Seconds(now - session.since)}});
  if (reason == WebEndReason::kDeleted) return;
  deps_.on_end({.session = session.id,
                .room = session.room,
                .user_id = session.user_id,
                .reason = reason});
}

void WebSessions::EndAllLocked(const Ids& ids, WebEndReason reason, Effects& effects) {
  for (const std::string& id : ids) EndLocked(id, reason, Tell::kWorker, effects);
}

void WebSessions::EndMemberLocked(const RoomKey& room, const UserId& user_id, Effects& effects) {
  const auto found = by_member_.find(std::pair(room, user_id));
  if (found == by_member_.end()) return;
  EndAllLocked(Ids(found->second), WebEndReason::kRemoved, effects);
}

void WebSessions::EndRoomLocked(const RoomKey& room, Effects& effects) {
  Ids ids;
  for (auto member = by_member_.lower_bound(std::pair(room, UserId()));
       member != by_member_.end() && member->first.first == room; ++member) {
    ids.insert(member->second.begin(), member->second.end());
  }
  EndAllLocked(ids, WebEndReason::kRemoved, effects);
}

void WebSessions::EndPublishersLocked(const WebStreamName& name, WebEndReason reason,
                                      const std::function<bool(const Session&)>& stays,
                                      Effects& effects) {
  const auto found = by_stream_.find(name);
  if (found == by_stream_.end()) return;
  Ids ids = found->second;
  std::erase_if(ids, [&](const std::string& id) REQUIRES(mutex_) {
    const Session& session = sessions_.find(id)->second;
    return session.direction != WebDirection::kPublish || stays(session);
  });
  EndAllLocked(ids, reason, effects);
}

void WebSessions::EndFormerStreamsLocked(const RoomKey& room, const UserId& user_id,
                                         Effects& effects) {
  const auto found = by_member_.find(std::pair(room, user_id));
  if (found == by_member_.end()) return;
  const std::optional<std::string> stream = deps_.claims.StreamOf(room, user_id);
  Ids former = found->second;
  std::erase_if(former, [&](const std::string& id) REQUIRES(mutex_) {
    const Session& session = sessions_.find(id)->second;
    return session.direction != WebDirection::kPublish || session.name.stream == stream;
  });
  EndAllLocked(former, WebEndReason::kTakenOver, effects);
}

void WebSessions::EndBannedLocked(Effects& effects) {
  const std::uint64_t puts = deps_.bans.puts();
  if (std::exchange(bans_seen_, puts) == puts) return;
  std::vector<std::pair<RoomKey, UserId>> banned;
  for (const auto& [member, ids] : by_member_) {
    if (deps_.bans.IsBanned(member.first, member.second)) banned.push_back(member);
  }
  for (const auto& [room, user_id] : banned) EndMemberLocked(room, user_id, effects);
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void WebSessions::OnCommit(const Committed& committed) noexcept {
  Effects effects;
  bool has_changed = false;
  {
    const MutexLock lock(mutex_);
    for (const StoredEvent& stored : committed.events) ApplyLocked(stored.event, effects);
    for (const Revocation& revocation : committed.revocations) {
      EndPublishersLocked(
          {.stream = revocation.stream, .app = deps_.app}, WebEndReason::kRemoved,
          [&](const Session& session) { return session.signed_until > revocation.until; }, effects);
    }
    EndBannedLocked(effects);
    has_changed = needs_keep_ || pulls_.HasChanged();
  }
  Apply(effects);
  if (has_changed) changes_.Raise();
}

void WebSessions::ApplyLocked(const RoomEvent& event, Effects& effects) {
  const RoomKey& room = event.room;
  if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
    EndMemberLocked(room, deleted->user_id, effects);
  } else if (const auto* const left = std::get_if<AudienceDeleted>(&event.payload)) {
    // A viewer who has become a pusher stays a member.
    if (!deps_.claims.StreamOf(room, left->user_id)) {
      EndMemberLocked(room, left->user_id, effects);
    }
  } else if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    EndRoomLocked(room, effects);
  } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
    EndFormerStreamsLocked(room, updated->user_id, effects);
  } else if (!std::holds_alternative<PusherAdded>(event.payload)) {
    return;
  }
  pulls_.OnChanged(room);
}

// NOLINTNEXTLINE(bugprone-exception-escape): likewise
void WebSessions::OnAir(std::string_view stream, bool is_on) noexcept {
  const MutexLock lock(mutex_);
  if (!pulls_.OnAir(stream, is_on)) return;
  needs_keep_ = true;
  changes_.Raise();
}

MonotonicTime WebSessions::Round() {
  ReadRooms();
  Effects effects;
  MonotonicTime next{};
  {
    const MutexLock lock(mutex_);
    const MonotonicTime now = deps_.clock.Monotonic();
    EndLateLocked(now, effects);
    if (needs_keep_ || now >= next_keep_) SendKeepsLocked(now);
    next = NextRoundLocked();
  }
  Apply(effects);
  return next;
}

void WebSessions::EndLateLocked(MonotonicTime now, Effects& effects) {
  Ids late = waiting_;
  std::erase_if(late, [&](const std::string& id) REQUIRES(mutex_) {
    return sessions_.find(id)->second.deadline > now;
  });
  for (const std::string& id : late) {
    EndLocked(id, WebEndReason::kWorker, Tell::kWorker, effects, WebOpenOutcome::kNoWorker);
  }
}

void WebSessions::ReadRooms() {
  std::vector<RoomKey> changed;
  {
    const MutexLock lock(mutex_);
    changed = pulls_.TakeChanged();
  }
  for (const RoomKey& key : changed) {
    const Result<Room> room = deps_.rooms.Load(key);
    // Without the store the former ones stay; with the next change they are read again.
    if (!room && room.error().code != Errc::kRoomNotFound) continue;
    std::vector<std::string> streams;
    if (room) {
      for (const Pusher& pusher : room->pushers) {
        std::string stream = StreamOf(room->dialect, pusher.user_id,
                                      StreamInPushUrl(pusher.push_url), deps_.streams);
        if (IsOwnStream(stream, pusher.user_id, deps_.streams)) streams.push_back(stream);
      }
    }
    const MutexLock lock(mutex_);
    pulls_.Set(key, std::move(streams));
    needs_keep_ = true;
  }
}

void WebSessions::SendKeepsLocked(MonotonicTime now) {
  needs_keep_ = false;
  next_keep_ = now + limits_.keep_every;
  std::unordered_map<const Worker*, WebKeep> keeps;
  for (const auto& [link, worker] : workers_) {
    keeps[&worker].sessions.assign(worker.sessions.begin(), worker.sessions.end());
  }
  for (const std::string_view stream : pulls_.Streams()) {
    const WebStreamName name{.stream = std::string(stream), .app = deps_.app};
    const auto sessions = by_stream_.find(name);
    const bool is_published =
        sessions != by_stream_.end() &&
        std::ranges::any_of(sessions->second, [this](const std::string& id) REQUIRES(mutex_) {
          return sessions_.find(id)->second.direction == WebDirection::kPublish;
        });
    const Worker* const worker = is_published ? nullptr : ChooseLocked(name);
    if (worker == nullptr) continue;
    keeps[worker].streams.push_back(
        {.name = name,
         .rtmp_query = deps_.signatures.PlayQuery(name, nullptr, deps_.clock.Now())});
  }
  for (const auto& [worker, keep] : keeps) worker->link->Keep(keep);
}

MonotonicTime WebSessions::NextRoundLocked() const {
  MonotonicTime next = next_keep_;
  for (const std::string& id : waiting_) {
    next = std::min(next, sessions_.find(id)->second.deadline);
  }
  return next;
}

std::optional<WebFigures> WebSessions::FiguresOf(const RoomKey& room,
                                                 const UserId& user_id) const {
  const MutexLock lock(mutex_);
  const auto found = by_member_.find(std::pair(room, user_id));
  if (found == by_member_.end()) return std::nullopt;
  for (const std::string& id : found->second) {
    const Session& session = sessions_.find(id)->second;
    if (session.direction == WebDirection::kPublish && !session.done) return session.figures;
  }
  return std::nullopt;
}

WebCounts WebSessions::Count() const {
  const MutexLock lock(mutex_);
  WebCounts counts{.workers = workers_.size()};
  for (const auto& [id, session] : sessions_) {
    ++(session.direction == WebDirection::kPublish ? counts.publishing : counts.playing);
  }
  return counts;
}

void WebSessions::Answer(WebDirection direction, const Done& done, const WebAnswer& answer) const {
  deps_.observer.OnWebOffer(direction, answer.outcome);
  done(answer);
}

}  // namespace rtcroom
