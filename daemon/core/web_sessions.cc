#include "daemon/core/web_sessions.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/base/address_key.h"

namespace rtcroom {
namespace {

constexpr std::size_t kIdBytes = 16;
/// Users whose offers are counted; beyond it all are forgotten.
constexpr std::size_t kMaxCountedUsers = 100'000;
/// How long to wait for a store that has failed.
constexpr std::chrono::seconds kStoreRetry{1};

}  // namespace

WebSessions::WebSessions(Deps deps, const WebSessionLimits& limits)
    : deps_(std::move(deps)),
      reports_(deps_.observer, deps_.logger, deps_.on_end),
      limits_(limits) {}

void WebSessions::Open(const WebSessionOffer& offer, Done done) {
  const auto refuse = [&](WebOpenOutcome outcome, std::string_view reason) {
    reports_.Refused(offer.grant, outcome, reason);
    done({.outcome = outcome});
  };
  const Result<RoomKey> room = deps_.rights.Check(offer.grant);
  if (!room) {
    const bool is_denied = room.error().code == Errc::kNotAllowed;
    return refuse(is_denied ? WebOpenOutcome::kNotAllowed : WebOpenOutcome::kFailed,
                  room.error().detail);
  }
  auto outcome = WebOpenOutcome::kFull;
  const Result<std::string> id = [&] {
    const MutexLock lock(mutex_);
    return AddLocked(offer, *room, done, outcome);
  }();
  if (!id) return refuse(outcome, id.error().detail);
  // A removal between the first check and now has found no session to end.
  const bool is_allowed = deps_.rights.Check(offer.grant).ok();
  Effects effects;
  {
    const MutexLock lock(mutex_);
    is_allowed ? SendOpenLocked(*id, offer, effects) : EndLocked(*id, {}, effects);
  }
  Apply(effects);
  changes_.Raise();  // its deadline
}

Result<std::string> WebSessions::AddLocked(const WebSessionOffer& offer, const RoomKey& room,
                                           Done& done, WebOpenOutcome& outcome) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const UserId& user_id = offer.grant.binding.user_id;
  std::string address = AddressKey(offer.address);
  if (!AdmitLocked(user_id, now)) {
    outcome = WebOpenOutcome::kTooManyOffers;
    return Error{Errc::kTooManyRequests, "too many offers"};
  }
  const WebSession* const replaced = table_.Replaced(offer.grant.direction, offer.grant.name);
  const bool is_own = replaced != nullptr && replaced->user_id == user_id;
  if (table_.CountOfUser(user_id) >= limits_.per_user + (is_own ? 1U : 0U)) {
    return Error{Errc::kTooManyRequests, "too many sessions of the user"};
  }
  const bool is_near = replaced != nullptr && replaced->address == address;
  if (table_.CountOfAddress(address) >= limits_.per_address + (is_near ? 1U : 0U)) {
    return Error{Errc::kTooManyRequests, "too many sessions of the address"};
  }
  if (workers_.empty() || is_stopping_) {
    outcome = WebOpenOutcome::kNoWorker;
    return Error{Errc::kUnavailable, "no worker is connected"};
  }
  std::string id = RandomHex(deps_.random, kIdBytes);
  table_.Add({.id = id,
              .direction = offer.grant.direction,
              .name = offer.grant.name,
              .room = room,
              .user_id = user_id,
              .address = std::move(address),
              .signed_until = offer.grant.signed_until,
              .since = now,
              .deadline = now + limits_.answer_within,
              .done = std::move(done)});
  pulls_.Add(room);
  return id;
}

void WebSessions::SendOpenLocked(const std::string& id, const WebSessionOffer& offer,
                                 Effects& effects) {
  WebSession* const session = table_.Find(id);
  if (session == nullptr) return;  // a removal has ended it, and answered
  const WebSession* const replaced = table_.Replaced(session->direction, session->name);
  const WebWorkerPtr worker =
      is_stopping_ ? nullptr : workers_.Choose(session->name, table_, replaced);
  if (worker == nullptr) {
    const bool is_full = !workers_.empty() && !is_stopping_;
    return EndLocked(id, {.outcome = is_full ? WebOpenOutcome::kFull : WebOpenOutcome::kNoWorker},
                     effects);
  }
  table_.Place(*session, worker);
  needs_keep_ = true;
  const std::string query =
      session->publishes()
          ? offer.rtmp_query
          : deps_.signatures.PlayQuery(session->name, &offer.grant.binding, deps_.clock.Now());
  worker->Open({.session = id,
                .direction = session->direction,
                .name = session->name,
                .rtmp_query = query,
                .offer = offer.sdp});
}

bool WebSessions::AdmitLocked(const UserId& user_id, MonotonicTime now) {
  // Only holders of a signed address get here.
  if (offers_.size() >= kMaxCountedUsers) offers_.clear();
  // A page that loses its worker offers again at once, all that it plays.
  const RateLimit rate{.per_second = 1, .burst = static_cast<std::uint32_t>(2 * limits_.per_user)};
  return offers_[user_id].Take(now, rate);
}

bool WebSessions::Delete(std::string_view session) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    if (table_.Find(session) == nullptr) return false;
    EndLocked(session, {.reason = WebEndReason::kDeleted}, effects);
  }
  Apply(effects);
  changes_.Raise();
  return true;
}

bool WebSessions::Has(std::string_view session) const {
  const MutexLock lock(mutex_);
  return table_.Find(session) != nullptr;
}

void WebSessions::Attach(const WebWorkerPtr& worker, std::size_t max_sessions,
                         std::span<const WebRunning> running) {
  std::vector<std::pair<std::string, WebGrant>> kept;
  Effects effects;
  {
    const MutexLock lock(mutex_);
    workers_.Add(worker, std::min(max_sessions, limits_.per_worker));
  }
  for (const WebRunning& one : running) {
    const std::optional<WebGrant> grant =
        one.session.size() == 2 * kIdBytes
            ? deps_.signatures.Read(one.direction, one.name, one.rtmp_query)
            : std::nullopt;
    const Result<RoomKey> room =
        grant ? deps_.rights.Check(*grant) : Error{Errc::kNotAllowed, "unreadable"};
    const MutexLock lock(mutex_);
    // A worker may call anew before the end of its former call is noticed.
    WebSession* const former = table_.Find(one.session);
    if (!room || (former != nullptr && former->done)) {
      const Ending ending{
          .reason = room ? WebEndReason::kWorker : WebEndReason::kRemoved,
          .tell = Tell::kNobody,
          .outcome = room ? WebOpenOutcome::kNoWorker : WebOpenOutcome::kNotAllowed};
      EndLocked(one.session, ending, effects);
      worker->Close(one.session, WebEndReasonName(ending.reason));
      continue;
    }
    kept.emplace_back(one.session, *grant);
    if (former != nullptr) {
      table_.Place(*former, worker);
      continue;
    }
    table_.Add({.id = one.session,
                .direction = grant->direction,
                .name = grant->name,
                .room = *room,
                .user_id = grant->binding.user_id,
                .signed_until = grant->signed_until,
                .worker = worker,
                .since = deps_.clock.Monotonic(),
                .figures = {.is_connected = one.is_connected},
                .key_requests = std::nullopt});
    pulls_.Add(*room);
  }
  // A removal between the check and now has found no session to end.
  std::erase_if(kept, [this](const auto& one) { return deps_.rights.Check(one.second).ok(); });
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, grant] : kept) EndLocked(id, {}, effects);
    needs_keep_ = true;
  }
  Apply(effects);
  deps_.logger.Info("web_worker_connected",
                    {{"sessions", running.size()}, {"max_sessions", max_sessions}});
  changes_.Raise();
}

void WebSessions::Detach(const WebWorkerLink& worker) {
  Effects effects;
  std::size_t ended = 0;
  {
    const MutexLock lock(mutex_);
    if (!workers_.Remove(worker)) return;
    const Ids ids = table_.OfWorker(worker);
    ended = ids.size();
    EndAllLocked(ids,
                 {.reason = WebEndReason::kWorker,
                  .tell = Tell::kNobody,
                  .outcome = WebOpenOutcome::kNoWorker},
                 effects);
    if (is_stopping_) return;
  }
  Apply(effects);
  deps_.logger.Warn("web_worker_gone", {{"sessions", ended}});
  changes_.Raise();
}

void WebSessions::Stop() {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    EndAllLocked(Ids(table_.waiting()),
                 {.reason = WebEndReason::kWorker, .outcome = WebOpenOutcome::kNoWorker}, effects);
  }
  Apply(effects);
}

WebSession* WebSessions::FindLocked(const WebWorkerLink& worker, std::string_view id) {
  WebSession* const session = table_.Find(id);
  return session != nullptr && session->worker.get() == &worker ? session : nullptr;
}

void WebSessions::OnOpened(const WebWorkerLink& worker, std::string_view session,
                           std::string answer) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    WebSession* const opened = FindLocked(worker, session);
    if (opened == nullptr) {
      // It was ended before the worker knew it.
      const WebWorkerPtr known = workers_.Find(worker);
      if (known == nullptr) return;
      return known->Close(session, WebEndReasonName(WebEndReason::kRemoved));
    }
    if (!opened->done) return;
    effects.emplace_back(
        [this, done = table_.TakeDone(*opened), opened = *opened, answer = std::move(answer)] {
          reports_.Answered(opened, WebOpenOutcome::kOpened);
          done({.outcome = WebOpenOutcome::kOpened, .session = opened.id, .text = answer});
        });
    if (opened->publishes()) {
      // The newest wins, as with phones.
      EndIfLocked(
          table_.Publishing(opened->name), WebEndReason::kTakenOver,
          [id = opened->id](const WebSession& other) { return other.id != id && !other.done; },
          effects);
    }
  }
  Apply(effects);
}

void WebSessions::OnRefused(const WebWorkerLink& worker, std::string_view session,
                            WebOpenOutcome outcome, std::string text) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    const WebSession* const refused = FindLocked(worker, session);
    if (refused == nullptr || !refused->done) return;
    EndLocked(session, {.tell = Tell::kNobody, .outcome = outcome, .text = std::move(text)},
              effects);
  }
  Apply(effects);
}

void WebSessions::OnEnded(const WebWorkerLink& worker, std::string_view session,
                          WebEndReason reason) {
  Effects effects;
  {
    const MutexLock lock(mutex_);
    if (FindLocked(worker, session) == nullptr) return;
    EndLocked(session,
              {.reason = reason, .tell = Tell::kNobody, .outcome = WebOpenOutcome::kFailed},
              effects);
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
      WebSession* const session = FindLocked(worker, one.session);
      if (session == nullptr || session->done) continue;
      const WebFigures before = std::exchange(session->figures, one.figures);
      const std::uint32_t requests = one.figures.key_requests;
      const std::uint32_t counted = session->key_requests.value_or(requests);
      session->key_requests = requests;
      effects.emplace_back(
          [this, loss = one.figures.loss, more = requests - std::min(requests, counted)] {
            reports_.Figures(loss, more);
          });
      if (!one.figures.is_connected || before.is_connected) continue;
      effects.emplace_back([this, session = *session, now] { reports_.Connected(session, now); });
    }
  }
  Apply(effects);
}

void WebSessions::EndLocked(std::string_view id, const Ending& ending, Effects& effects) {
  std::optional<WebSession> session = table_.Remove(id);
  if (!session) return;
  pulls_.Remove(session->room);
  needs_keep_ = true;
  if (session->worker != nullptr && ending.tell == Tell::kWorker) {
    session->worker->Close(session->id, WebEndReasonName(ending.reason));
  }
  effects.emplace_back(
      [this, session = *std::move(session), ending, now = deps_.clock.Monotonic()] {
        if (!session.done) return reports_.Ended(session, ending.reason, now);
        reports_.Answered(session, ending.outcome);
        session.done({.outcome = ending.outcome, .text = ending.text});
      });
}

void WebSessions::EndAllLocked(const Ids& ids, const Ending& ending, Effects& effects) {
  for (const std::string& id : ids) EndLocked(id, ending, effects);
}

void WebSessions::EndIfLocked(const Ids& ids, WebEndReason reason,
                              const std::function<bool(const WebSession&)>& is_over,
                              Effects& effects) {
  for (const std::string& id : ids) {
    if (is_over(*table_.Find(id))) EndLocked(id, {.reason = reason}, effects);
  }
}

void WebSessions::EndBannedLocked(Effects& effects) {
  const std::uint64_t puts = deps_.bans.puts();
  if (std::exchange(bans_seen_, puts) == puts) return;
  for (const auto& [room, user_id] : table_.Members()) {
    if (deps_.bans.IsBanned(room, user_id)) {
      EndAllLocked(table_.OfMember(room, user_id), {}, effects);
    }
  }
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
      EndIfLocked(
          table_.Publishing({.stream = revocation.stream, .app = deps_.app}),
          WebEndReason::kRemoved,
          [&](const WebSession& session) { return session.signed_until <= revocation.until; },
          effects);
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
    EndAllLocked(table_.OfMember(room, deleted->user_id), {}, effects);
  } else if (const auto* const left = std::get_if<AudienceDeleted>(&event.payload)) {
    // A viewer who has become a pusher stays a member.
    if (deps_.claims.StreamOf(room, left->user_id)) return;
    return EndAllLocked(table_.OfMember(room, left->user_id), {}, effects);
  } else if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    EndAllLocked(table_.OfRoom(room), {}, effects);
  } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
    const std::optional<std::string> stream = deps_.claims.StreamOf(room, updated->user_id);
    EndIfLocked(
        table_.OfMember(room, updated->user_id), WebEndReason::kTakenOver,
        [&](const WebSession& session) {
          return session.publishes() && session.name.stream != stream;
        },
        effects);
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
  for (const std::string& id : Ids(table_.waiting())) {
    if (table_.Find(id)->deadline > now) continue;
    EndLocked(id, {.reason = WebEndReason::kWorker, .outcome = WebOpenOutcome::kNoWorker}, effects);
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
    if (!room && room.error().code != Errc::kRoomNotFound) {
      // While the store is away, the former streams stay until the next round.
      const MutexLock lock(mutex_);
      pulls_.OnChanged(key);
      continue;
    }
    std::vector<std::string> streams;
    for (const Pusher& pusher : room ? room->pushers : std::vector<Pusher>()) {
      std::string stream =
          StreamOf(room->dialect, pusher.user_id, StreamInPushUrl(pusher.push_url), deps_.streams);
      if (IsOwnStream(stream, pusher.user_id, deps_.streams)) streams.push_back(std::move(stream));
    }
    const MutexLock lock(mutex_);
    pulls_.Set(key, std::move(streams));
    needs_keep_ = true;
  }
}

void WebSessions::SendKeepsLocked(MonotonicTime now) {
  needs_keep_ = false;
  next_keep_ = now + limits_.keep_every;
  std::unordered_map<const WebWorkerLink*, WebKeep> keeps;
  const std::vector<WebWorkerPtr> workers = workers_.All();
  for (const WebWorkerPtr& worker : workers) {
    const Ids ids = table_.OfWorker(*worker);
    keeps[worker.get()].sessions.assign(ids.begin(), ids.end());
  }
  for (const std::string_view stream : pulls_.Streams()) {
    const WebStreamName name{.stream = std::string(stream), .app = deps_.app};
    if (!table_.Publishing(name).empty()) continue;
    const WebWorkerPtr worker = workers_.Choose(name, table_, nullptr);
    if (worker == nullptr) continue;
    keeps[worker.get()].streams.push_back(
        {.name = name, .rtmp_query = deps_.signatures.PlayQuery(name, nullptr, deps_.clock.Now())});
  }
  for (const WebWorkerPtr& worker : workers) worker->Keep(keeps[worker.get()]);
}

MonotonicTime WebSessions::NextRoundLocked() const {
  MonotonicTime next = next_keep_;
  if (pulls_.HasChanged()) next = std::min(next, deps_.clock.Monotonic() + kStoreRetry);
  for (const std::string& id : table_.waiting()) next = std::min(next, table_.Find(id)->deadline);
  return next;
}

std::optional<WebFigures> WebSessions::FiguresOf(const RoomKey& room, const UserId& user_id) const {
  const MutexLock lock(mutex_);
  for (const std::string& id : table_.OfMember(room, user_id)) {
    const WebSession& session = *table_.Find(id);
    if (session.publishes() && !session.done) return session.figures;
  }
  return std::nullopt;
}

WebCounts WebSessions::Count() const {
  const MutexLock lock(mutex_);
  return {.publishing = table_.publishing(),
          .playing = table_.size() - table_.publishing(),
          .workers = workers_.size()};
}

}  // namespace rtcroom
