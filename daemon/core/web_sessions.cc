#include "daemon/core/web_sessions.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "daemon/base/address_key.h"

namespace rtcroom {
namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kRandomDigits = 2 * kRandomBytes;
constexpr std::size_t kIdDigits = kRandomDigits + 8;
/// A worker has this long to answer.
constexpr std::chrono::seconds kAnswerPatience{3};
constexpr std::chrono::seconds kKeepPeriod{15};
/// Users whose offers are counted; beyond it all are forgotten.
constexpr std::size_t kMaxCountedUsers = 100'000;

/// The digits let the sessions of an address count after a restart, too, when only the worker knows
/// them.
std::string AddressDigits(std::string_view address) {
  return fmt::format("{:08x}", static_cast<std::uint32_t>(SipHash({}, AddressKey(address))));
}

WebOpenOutcome OutcomeOf(WebEndReason reason) {
  if (reason == WebEndReason::kRemoved) return WebOpenOutcome::kNotAllowed;
  return reason == WebEndReason::kWorker ? WebOpenOutcome::kNoWorker : WebOpenOutcome::kFailed;
}

/// The outcome of an offer that is not allowed, or about which the store cannot be asked.
WebOpenOutcome OutcomeOf(const Error& error) {
  return error.code == Errc::kNotAllowed ? WebOpenOutcome::kNotAllowed : WebOpenOutcome::kFailed;
}

}  // namespace

void WebSessions::Open(const WebSessionOffer& offer, Done done) {
  const auto grant = deps_.signatures.Read(offer.direction, offer.name, offer.query);
  if (!grant || grant->signed_until < deps_.clock.Now()) {
    CountOffer(offer.direction, WebOpenOutcome::kNotAllowed);
    return done({.outcome = WebOpenOutcome::kNotAllowed});
  }
  const std::string id = RandomHex(deps_.random, kRandomBytes) + AddressDigits(offer.address);
  const Result<RoomKey> room = deps_.rights.Check(*grant);
  const std::optional<Refusal> refusal =
      room ? Begin(offer, *grant, *room, id, done)
           : Refusal{OutcomeOf(room.error()), room.error().detail};
  if (refusal) {
    CountOffer(offer.direction, refusal->outcome);
    deps_.logger.Info("web_refused", {{"direction", WebDirectionName(offer.direction)},
                                      {"user", grant->binding.user_id.value},
                                      {"stream", offer.name.stream},
                                      {"outcome", WebOpenOutcomeName(refusal->outcome)},
                                      {"reason", refusal->reason}});
    return done({.outcome = refusal->outcome});
  }
  // A removal between the first check and now has found no session to end.
  const Result<RoomKey> still = deps_.rights.Check(*grant);
  Effects effects;
  const MutexLock lock(mutex_);
  const auto session = sessions_.find(id);
  if (session == sessions_.end()) return;  // what has ended it has answered
  if (!still) return EndLocked(session, WebEndReason::kRemoved, effects, OutcomeOf(still.error()));
  session->second.rtmp_query =
      offer.direction == WebDirection::kPublish
          ? PublishQuery(id, offer.query)
          : deps_.signatures.PlayQuery(offer.name, &grant->binding, deps_.clock.Now());
  session->second.offer = offer.sdp;
  session->second.worker->Open(session->second);
}

bool WebSessions::AskNextLocked(WebSession& session) {
  WebWorkerPool::Load load;
  WebWorkerPtr home;
  for (const auto& [id, other] : sessions_) {
    // Others that wait are refused likewise, and follow the first that is answered.
    if (other.name == session.name && !other.done) home = other.worker;
    ++load[other.worker.get()];
  }
  WebWorkerPtr next = workers_.Choose(session.name, home, load, deps_.clock.Monotonic());
  if (next == nullptr || next == session.worker) return false;
  session.worker = std::move(next);
  session.worker->Open(session);
  WantKeepLocked();
  return true;
}

std::optional<WebSessions::Refusal> WebSessions::Begin(const WebSessionOffer& offer,
                                                       const WebGrant& grant, const RoomKey& room,
                                                       const std::string& id, Done& done) {
  const MonotonicTime now = deps_.clock.Monotonic();
  const UserId& user_id = grant.binding.user_id;
  const MutexLock lock(mutex_);
  // Only holders of a signed address get here.
  if (offers_.size() >= kMaxCountedUsers) offers_.clear();
  // A page that loses its worker offers again at once, all that it plays.
  const RateLimit rate{.per_second = 1, .burst = static_cast<std::uint32_t>(2 * limits_.per_user)};
  if (!offers_[user_id].Take(now, rate)) {
    return Refusal{WebOpenOutcome::kTooManyOffers, "too many offers"};
  }
  std::size_t of_user = 0;
  std::size_t of_address = 0;
  WebWorkerPool::Load load;
  WebWorkerPtr home;
  for (const auto& [other_id, other] : sessions_) {
    if (other.name == offer.name) home = other.worker;
    // It ends when this offer is accepted.
    if (offer.direction == WebDirection::kPublish && other.Publishes(offer.name)) continue;
    if (other.user_id == user_id) ++of_user;
    if (other_id.ends_with(std::string_view(id).substr(kRandomDigits))) ++of_address;
    ++load[other.worker.get()];
  }
  const auto full = [](const char* why) { return Refusal{WebOpenOutcome::kFull, why}; };
  if (of_user >= limits_.per_user) return full("too many sessions of the user");
  if (of_address >= limits_.per_address) return full("too many sessions of the address");
  if (workers_.all().empty()) return Refusal{WebOpenOutcome::kNoWorker, "no worker is connected"};
  WebWorkerPtr worker = workers_.Choose(offer.name, home, load, now);
  if (worker == nullptr) return full("each worker is full or paused");
  AddLocked({.id = id,
             .direction = offer.direction,
             .name = offer.name,
             .room = room,
             .user_id = user_id,
             .worker = std::move(worker),
             .since = now,
             .done = std::move(done)});
  return std::nullopt;
}

void WebSessions::AddLocked(WebSession session) {
  ++rooms_[session.room];
  sessions_.emplace(session.id, std::move(session));
  WantKeepLocked();
}

bool WebSessions::Delete(std::string_view session) {
  Effects effects;
  const MutexLock lock(mutex_);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return false;
  EndLocked(found, WebEndReason::kDeleted, effects);
  return true;
}

bool WebSessions::Has(std::string_view session) const {
  const MutexLock lock(mutex_);
  return sessions_.contains(session);
}

void WebSessions::Attach(const WebWorkerPtr& worker, std::size_t max_sessions,
                         std::vector<WebSession> running) {
  Effects effects;
  const MutexLock lock(mutex_);
  if (is_stopping_) return;
  workers_.Add(worker, std::min(max_sessions, limits_.per_worker));
  for (WebSession& one : running) {
    // A worker may call anew before the end of its former call is noticed.
    if (const auto former = sessions_.find(one.id); former != sessions_.end()) {
      former->second.worker = worker;
      if (former->second.done) EndLocked(former, WebEndReason::kWorker, effects);
      continue;
    }
    const auto grant = one.id.size() == kIdDigits
                           ? deps_.signatures.Read(one.direction, one.name, one.AddressQuery())
                           : std::nullopt;
    const bool publishes = one.direction == WebDirection::kPublish;
    const Result<RoomKey> room = !grant      ? Error{Errc::kNotAllowed, "unreadable"}
                                 : publishes ? deps_.rights.Check(*grant)
                                             : Result<RoomKey>(grant->binding.room);
    if (!room) {
      worker->Close(one.id, WebEndReasonName(WebEndReason::kRemoved));
      continue;
    }
    if (!publishes) restored_.insert_or_assign(one.id, *grant);
    one.rtmp_query = {};
    one.room = *room;
    one.user_id = grant->binding.user_id;
    one.worker = worker;
    one.since = deps_.clock.Monotonic();
    one.key_requests = std::nullopt;
    AddLocked(std::move(one));
  }
  WantKeepLocked();
  if (!restored_.empty()) arrivals_.Raise();
  effects.Add([this, sessions = running.size(), max_sessions] {
    deps_.logger.Info("web_worker_connected",
                      {{"sessions", sessions}, {"max_sessions", max_sessions}});
  });
}

void WebSessions::Detach(const WebWorkerLink& worker) {
  Effects effects;
  const MutexLock lock(mutex_);
  if (!workers_.Remove(worker)) return;
  const std::size_t before = sessions_.size();
  EndIfLocked([&](const WebSession& session) { return session.worker.get() == &worker; },
              WebEndReason::kWorker, effects);
  effects.Add([this, ended = before - sessions_.size()] {
    deps_.logger.Warn("web_worker_gone", {{"sessions", ended}});
  });
}

void WebSessions::Stop() {
  Effects effects;
  const MutexLock lock(mutex_);
  is_stopping_ = true;
  workers_.Clear();
  EndIfLocked([](const WebSession& session) { return session.done != nullptr; },
              WebEndReason::kWorker, effects);
}

WebSession* WebSessions::FindLocked(const WebWorkerLink& worker, std::string_view id) {
  const auto found = sessions_.find(id);
  const bool is_there = found != sessions_.end() && found->second.worker.get() == &worker;
  return is_there ? &found->second : nullptr;
}

void WebSessions::OnOpened(WebWorkerLink& worker, std::string_view session, std::string answer) {
  Effects effects;
  const MutexLock lock(mutex_);
  WebSession* const opened = FindLocked(worker, session);
  // It was ended before the worker knew it.
  if (opened == nullptr) return worker.Close(session, WebEndReasonName(WebEndReason::kRemoved));
  if (!opened->done) return;
  opened->rtmp_query = {};
  opened->offer = {};
  effects.Add([this, done = std::exchange(opened->done, nullptr), opened = *opened,
               answer = std::move(answer)] {
    CountOffer(opened.direction, WebOpenOutcome::kOpened);
    Log("web_opened", opened);
    done({.outcome = WebOpenOutcome::kOpened,
          .session = opened.id,
          .text = answer,
          .room = opened.room,
          .user_id = opened.user_id});
  });
  if (opened->direction != WebDirection::kPublish) return;
  // The newest wins, as with phones.
  const auto is_former = [opened](const WebSession& other) {
    return &other != opened && other.Publishes(opened->name);
  };
  EndIfLocked(is_former, WebEndReason::kTakenOver, effects);
}

void WebSessions::OnEnded(const WebWorkerLink& worker, std::string_view session,
                          WebEndReason reason, WebOpenOutcome outcome, std::string text) {
  Effects effects;
  const MutexLock lock(mutex_);
  WebSession* const ended = FindLocked(worker, session);
  if (ended == nullptr) return;
  if (ended->done && outcome == WebOpenOutcome::kFull) {
    workers_.Pause(worker, deps_.clock.Monotonic());
    if (AskNextLocked(*ended)) return;
  }
  ended->worker = nullptr;
  EndLocked(sessions_.find(session), reason, effects, outcome, std::move(text));
}

void WebSessions::OnFigures(const WebWorkerLink& worker, std::string_view session,
                            const WebFigures& figures) {
  Effects effects;
  const MutexLock lock(mutex_);
  WebSession* const seen = FindLocked(worker, session);
  if (seen == nullptr || seen->done) return;
  const WebFigures before = std::exchange(seen->figures, figures);
  deps_.on_loss(figures.loss);
  deps_.tallies.key_requests.Count({}, {}, seen->NewKeyRequests(figures.key_requests));
  const bool loses_pictures = figures.is_without_pictures && !before.is_without_pictures;
  if (loses_pictures) deps_.tallies.without_pictures.Count({});
  if (!figures.is_connected || before.is_connected) return;
  deps_.on_connected(deps_.clock.Monotonic() - seen->since);
  effects.Add([this, connected = *seen] { Log("web_connected", connected); });
}

void WebSessions::OnUsage(const WebWorkerLink& worker, const WebUsage& usage) {
  const MutexLock lock(mutex_);
  workers_.SetUsage(worker, usage);
}

void WebSessions::EndLocked(Sessions::iterator session, WebEndReason reason, Effects& effects,
                            std::optional<WebOpenOutcome> outcome, std::string text) {
  const WebSession ended = std::move(sessions_.extract(session).mapped());
  restored_.erase(ended.id);
  if (const auto room = rooms_.find(ended.room); --room->second == 0) rooms_.erase(room);
  WantKeepLocked();
  if (ended.worker != nullptr) ended.worker->Close(ended.id, WebEndReasonName(reason));
  if (!ended.done) return effects.Add([this, ended, reason] { ReportEnd(ended, reason); });
  effects.Add([this, ended, outcome = outcome.value_or(OutcomeOf(reason)), text = std::move(text)] {
    CountOffer(ended.direction, outcome);
    ended.done({.outcome = outcome, .text = text});
  });
}

void WebSessions::EndIfLocked(const std::function<bool(const WebSession&)>& is_over,
                              WebEndReason reason, Effects& effects) {
  for (auto session = sessions_.begin(); session != sessions_.end();) {
    const auto each = session++;
    if (is_over(each->second)) EndLocked(each, reason, effects);
  }
}

// Ends the process when there is no memory, as the other listeners do.
// NOLINTNEXTLINE(bugprone-exception-escape): meant so
void WebSessions::OnCommit(const Committed& committed) noexcept {
  const BanList& bans = deps_.rights.bans;
  Effects effects;
  const MutexLock lock(mutex_);
  // A revocation comes with the removal of all members that had the stream.
  for (const StoredEvent& stored : committed.events) ApplyLocked(stored.event, effects);
  const std::uint64_t puts = bans.puts();
  if (std::exchange(bans_seen_, puts) == puts) return;
  EndIfLocked(
      [&](const WebSession& session) { return bans.IsBanned(session.room, session.user_id); },
      WebEndReason::kRemoved, effects);
}

void WebSessions::ApplyLocked(const RoomEvent& event, Effects& effects) {
  if (!rooms_.contains(event.room)) return;
  const UserId* member = nullptr;  // null: all of the room
  bool ends_only_other_streams = false;
  const auto stream_of_member = [&] { return deps_.rights.claims.StreamOf(event.room, *member); };
  if (const auto* const deleted = std::get_if<PusherDeleted>(&event.payload)) {
    member = &deleted->user_id;
  } else if (const auto* const left = std::get_if<AudienceDeleted>(&event.payload)) {
    member = &left->user_id;
    // A viewer who has become a pusher stays a member.
    if (stream_of_member()) return;
  } else if (const auto* const updated = std::get_if<PusherUpdated>(&event.payload)) {
    member = &updated->user_id;
    ends_only_other_streams = true;
  } else if (!std::holds_alternative<RoomDestroyed>(event.payload)) {
    if (std::holds_alternative<PusherAdded>(event.payload)) WantKeepLocked();
    return;
  }
  const auto stream = ends_only_other_streams ? stream_of_member() : std::nullopt;
  EndIfLocked(
      [&](const WebSession& session) {
        if (session.room != event.room || (member && session.user_id != *member)) return false;
        return !ends_only_other_streams ||
               (session.direction == WebDirection::kPublish && session.name.stream != stream);
      },
      ends_only_other_streams ? WebEndReason::kTakenOver : WebEndReason::kRemoved, effects);
  WantKeepLocked();
}

// NOLINTNEXTLINE(bugprone-exception-escape): likewise
void WebSessions::OnAir(std::string_view stream, bool is_on) noexcept {
  const MutexLock lock(mutex_);
  if (!is_on) on_air_.erase(std::string(stream));
  if (is_on) on_air_.emplace(stream);
  if (rooms_.empty()) return;
  for (const NamedMember& member : deps_.rights.claims.MembersOf(stream)) {
    if (rooms_.contains(member.room)) return WantKeepLocked();
  }
}

// NOLINTNEXTLINE(bugprone-exception-escape): likewise
void WebSessions::OnPhone(std::string_view stream) noexcept {
  const WebStreamName name{.stream = std::string(stream), .app = deps_.app};
  Effects effects;
  const MutexLock lock(mutex_);
  EndIfLocked([&](const WebSession& session) { return session.Publishes(name); },
              WebEndReason::kTakenOver, effects);
}

void WebSessions::WantKeepLocked() {
  needs_keep_ = true;
  changes_.Raise();
}

MonotonicTime WebSessions::Round() {
  Effects effects;
  const MutexLock lock(mutex_);
  const MonotonicTime now = deps_.clock.Monotonic();
  const auto is_unanswered = [&](const WebSession& session) REQUIRES(mutex_) {
    const bool is_late = session.done && session.since + kAnswerPatience <= now;
    // One that hangs, if it was asked, would keep each further caller waiting as long.
    if (is_late && !session.offer.empty()) workers_.Pause(*session.worker, now);
    return is_late;
  };
  EndIfLocked(is_unanswered, WebEndReason::kWorker, effects);
  if (std::exchange(needs_keep_, false) || now >= next_keep_) {
    next_keep_ = now + kKeepPeriod;
    SendKeepsLocked();
  }
  MonotonicTime next = next_keep_;
  for (const auto& [id, session] : sessions_) {
    if (session.done) next = std::min(next, session.since + kAnswerPatience);
  }
  return next;
}

MonotonicTime WebSessions::CheckRestored() {
  std::map<std::string, WebGrant> restored;
  {
    const MutexLock lock(mutex_);
    restored = restored_;
  }
  for (const auto& [id, grant] : restored) {
    const Result<RoomKey> room = deps_.rights.Check(grant);
    const bool is_over = !room && room.error().code == Errc::kNotAllowed;
    if (!room && !is_over) continue;  // the store cannot be asked about it
    Effects effects;
    const MutexLock lock(mutex_);
    restored_.erase(id);
    const auto session = sessions_.find(id);
    if (is_over && session != sessions_.end()) EndLocked(session, WebEndReason::kRemoved, effects);
  }
  return deps_.clock.Monotonic() + kKeepPeriod;
}

void WebSessions::SendKeepsLocked() {
  std::unordered_map<const WebWorkerLink*, WebKeep> keeps;
  WebWorkerPool::Load load;
  std::map<std::string_view, WebWorkerPtr> homes;
  std::set<std::string_view> published;
  for (const auto& [id, session] : sessions_) {
    keeps[session.worker.get()].sessions.push_back(id);
    ++load[session.worker.get()];
    if (session.name.app != deps_.app) continue;
    homes[session.name.stream] = session.worker;
    if (session.direction == WebDirection::kPublish) published.insert(session.name.stream);
  }
  std::set<std::string> wanted;  // one may be that of its user in several rooms
  for (const auto& [room, count] : rooms_) wanted.merge(deps_.rights.claims.OwnStreamsIn(room));
  // With these the first picture does not wait for the next key frame of a phone.
  for (const std::string& stream : wanted) {
    if (published.contains(stream) || !on_air_.contains(stream)) continue;
    const WebStreamName name{.stream = stream, .app = deps_.app};
    const WebWorkerPtr worker = workers_.Choose(name, homes[stream], load, deps_.clock.Monotonic());
    if (worker == nullptr) continue;
    keeps[worker.get()].streams.push_back(
        {.name = name, .rtmp_query = deps_.signatures.PlayQuery(name, nullptr, deps_.clock.Now())});
  }
  for (const WebWorkerPool::Worker& worker : workers_.all()) {
    worker.link->Keep(keeps[worker.link.get()]);
  }
}

std::optional<WebFigures> WebSessions::FiguresOf(const RoomKey& room, const UserId& user_id) const {
  const MutexLock lock(mutex_);
  if (!rooms_.contains(room)) return std::nullopt;
  for (const auto& [id, session] : sessions_) {
    const bool is_it = session.IsOf(room, user_id, WebDirection::kPublish) && !session.done;
    if (is_it) return session.figures;
  }
  return std::nullopt;
}

bool WebSessions::Plays(const RoomKey& room, const UserId& user_id) const {
  const MutexLock lock(mutex_);
  return rooms_.contains(room) && std::ranges::any_of(sessions_, [&](const auto& entry) {
           return entry.second.IsOf(room, user_id, WebDirection::kPlay);
         });
}

WebCounts WebSessions::Count() const {
  const MutexLock lock(mutex_);
  WebCounts counts{.workers = workers_.all().size()};
  for (const auto& [id, session] : sessions_) {
    ++(session.direction == WebDirection::kPublish ? counts.publishing : counts.playing);
  }
  for (const WebWorkerPool::Worker& worker : workers_.all()) counts.usage += worker.usage;
  return counts;
}

void WebSessions::Log(std::string_view event, const WebSession& session) const {
  deps_.logger.Info(event, {{"session", std::string_view(session.id).substr(0, kWebShownDigits)},
                            {"direction", WebDirectionName(session.direction)},
                            {"kind", RoomKindName(session.room.kind)},
                            {"room", session.room.id.value},
                            {"user", session.user_id.value},
                            {"stream", session.name.stream}});
}

void WebSessions::ReportEnd(const WebSession& session, WebEndReason reason) const {
  const auto lasted =
      std::chrono::duration_cast<std::chrono::seconds>(deps_.clock.Monotonic() - session.since);
  deps_.tallies.ends.Count(WebEndReasonName(reason));
  deps_.logger.Info("web_ended",
                    {{"session", std::string_view(session.id).substr(0, kWebShownDigits)},
                     {"direction", WebDirectionName(session.direction)},
                     {"kind", RoomKindName(session.room.kind)},
                     {"room", session.room.id.value},
                     {"user", session.user_id.value},
                     {"stream", session.name.stream},
                     {"reason", WebEndReasonName(reason)},
                     {"seconds", lasted.count()}});
  if (reason != WebEndReason::kDeleted) deps_.on_end(session, reason);
  const bool is_viewer = session.direction == WebDirection::kPlay && deps_.viewers != nullptr;
  if (!is_viewer || reason == WebEndReason::kRemoved) return;  // whom a sign would bring back
  (void)deps_.viewers->OnSign(session.room, session.user_id);
}

}  // namespace rtcroom
