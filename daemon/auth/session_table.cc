#include "daemon/auth/session_table.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "daemon/auth/session_crypto.h"

namespace rtcroom {
namespace {

/// @source protocol C.5.
constexpr std::chrono::hours kUseWrittenEvery{1};

/// An address with more than 1/`kPartOfAddress` of the sessions loses sessions first.
constexpr std::size_t kPartOfAddress = 100;

std::vector<Session> TakeSome(std::vector<Session>& waiting, std::size_t limit) {
  const auto from = waiting.end() - static_cast<std::ptrdiff_t>(std::min(limit, waiting.size()));
  std::vector<Session> taken(std::make_move_iterator(from), std::make_move_iterator(waiting.end()));
  waiting.erase(from, waiting.end());
  return taken;
}

}  // namespace

SessionTable::SessionTable(const SessionTableOptions& options)
    : options_(options), shares_(std::max(options.max_sessions / kPartOfAddress, std::size_t{1})) {
  assert(options.max_sessions > 0);
}

void SessionTable::Put(const Session& session, std::string_view address) {
  const MutexLock lock(mutex_);
  const auto found = by_user_.find(session.user_id.value);
  if (found != by_user_.end()) {
    Entry& entry = *found->second;
    if (entry.session.number > session.number) return;
    if (entry.session.number == session.number) {
      // It was used elsewhere.
      entry.session.last_use = std::max(entry.session.last_use, session.last_use);
      entry.stored_use = std::max(entry.stored_use, session.last_use);
      if (address.empty()) return;
      shares_.Remove(entry.place);
      entry.place = shares_.Add(address, entry.session.user_id.value);
      return;
    }
    // The user id stays: the key is a view of it.
    entry.session.token = session.token;
    entry.session.number = session.number;
    entry.session.last_use = session.last_use;
    entry.stored_use = session.last_use;
    shares_.Remove(entry.place);
    entry.place = shares_.Add(address, entry.session.user_id.value);
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= options_.max_sessions) EvictOneLocked(address);
  entries_.push_front({.session = session, .stored_use = session.last_use});
  Entry& entry = entries_.front();
  by_user_.emplace(entry.session.user_id.value, entries_.begin());
  entry.place = shares_.Add(address, entry.session.user_id.value);
}

SessionUse SessionTable::Use(std::string_view user_id, const TokenDigest& token, TimePoint now,
                             TimePoint used) {
  const MutexLock lock(mutex_);
  const Judged judged = JudgeLocked(user_id, token, now);
  if (judged.use != SessionUse::kOk) return judged.use;
  judged.place->session.last_use = used;
  RecordUseLocked(*judged.place);
  shares_.Touch(judged.place->place);
  entries_.splice(entries_.begin(), entries_, judged.place);
  return SessionUse::kOk;
}

SessionTable::Found SessionTable::Find(std::string_view user_id, const TokenDigest& token,
                                       TimePoint now) const {
  const MutexLock lock(mutex_);
  const Judged judged = JudgeLocked(user_id, token, now);
  if (judged.use != SessionUse::kOk) return {.use = judged.use, .session = {}};
  return {.use = SessionUse::kOk, .session = judged.place->session};
}

std::optional<Session> SessionTable::FindOf(std::string_view user_id) const {
  const MutexLock lock(mutex_);
  const auto found = by_user_.find(user_id);
  return found == by_user_.end() ? std::nullopt : std::optional(found->second->session);
}

void SessionTable::Remove(std::string_view user_id, std::uint64_t number) {
  const MutexLock lock(mutex_);
  const auto found = by_user_.find(user_id);
  if (found == by_user_.end() || found->second->session.number != number) return;
  EraseLocked(found->second);
}

std::size_t SessionTable::RemoveEnded(TimePoint now, std::size_t limit) {
  std::size_t removed = 0;
  const MutexLock lock(mutex_);
  while (removed < limit && !entries_.empty() && HasEnded(entries_.back(), now)) {
    EraseLocked(std::prev(entries_.end()));
    ++removed;
  }
  return removed;
}

SessionBacklog SessionTable::TakeBacklog(std::size_t limit) {
  const MutexLock lock(mutex_);
  return {.used = TakeSome(backlog_.used, limit), .evicted = TakeSome(backlog_.evicted, limit)};
}

void SessionTable::ReturnBacklog(const SessionBacklog& backlog) {
  const MutexLock lock(mutex_);
  backlog_.used.insert(backlog_.used.end(), backlog.used.begin(), backlog.used.end());
  backlog_.evicted.insert(backlog_.evicted.end(), backlog.evicted.begin(), backlog.evicted.end());
}

std::size_t SessionTable::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

SessionTable::Judged SessionTable::JudgeLocked(std::string_view user_id, const TokenDigest& token,
                                               TimePoint now) const {
  const auto found = by_user_.find(user_id);
  if (found == by_user_.end() || HasEnded(*found->second, now)) return {};
  if (!SessionCrypto::Same(found->second->session.token, token)) {
    return {.use = SessionUse::kOtherToken, .place = {}};
  }
  return {.use = SessionUse::kOk, .place = found->second};
}

void SessionTable::RecordUseLocked(Entry& entry) {
  if (entry.session.last_use - entry.stored_use < kUseWrittenEvery) return;
  // A store that rejects writes for days must not exhaust the memory. A later use tries again.
  if (backlog_.used.size() >= options_.max_sessions) return;
  backlog_.used.push_back(entry.session);
  entry.stored_use = entry.session.last_use;
}

void SessionTable::EvictOneLocked(std::string_view address) {
  const std::string_view user = shares_.EvictionCandidate(address);
  const auto last = user.empty() ? std::prev(entries_.end()) : by_user_.find(user)->second;
  // An eviction that is not recorded leaves the stored session until it expires.
  if (backlog_.evicted.size() < options_.max_sessions) backlog_.evicted.push_back(last->session);
  EraseLocked(last);
}

void SessionTable::EraseLocked(Entries::iterator place) {
  shares_.Remove(place->place);
  by_user_.erase(place->session.user_id.value);
  entries_.erase(place);
}

}  // namespace rtcroom
