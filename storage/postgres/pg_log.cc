#include "storage/postgres/pg_log.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace rtcroom {

void PgLog::SetSessionListener(SessionListener* listener) {
  const MutexLock lock(mutex_);
  session_listener_ = listener;
}

void PgLog::SetNoticeListener(NoticeListener* listener) {
  const MutexLock lock(mutex_);
  notice_listener_ = listener;
}

void PgLog::Begin(const PgLogEnds& ends) {
  const MutexLock lock(mutex_);
  position_ = ends.newest;
  tag_ = ends.tag;
  newest_ = ends.beside;
  retained_ = ends.retained;
}

PgLogPlace PgLog::place() const {
  const MutexLock lock(mutex_);
  return {.position = position_, .tag = tag_};
}

bool PgLog::Apply(const PgLogPage& page) {
  const MutexLock lock(mutex_);
  if (page.trimmed > position_) return false;
  const bool has_deliveries = page.newest.delivery > newest_.delivery;
  const Committed flags{.has_im_deliveries = has_deliveries,
                        .has_trtc_deliveries = has_deliveries,
                        .has_messages = page.newest.message > newest_.message};
  newest_.message = std::max(newest_.message, page.newest.message);
  newest_.delivery = std::max(newest_.delivery, page.newest.delivery);
  if (page.through > position_) tag_ = page.tags.back();
  PublishLocked(page.records, flags);
  position_ = std::max(position_, page.through);
  retained_ = page.retained;
  pending_.Confirm(page.tags);
  return true;
}

bool PgLog::HasNews(const PgLogPage& page) const {
  const MutexLock lock(mutex_);
  return page.through > position_ || page.newest.message > newest_.message ||
         page.newest.delivery > newest_.delivery;
}

std::uint64_t PgLog::CountRooms() const {
  const MutexLock lock(mutex_);
  std::int64_t rooms = pending_.rooms();
  for (const RoomKind kind : kAllRoomKinds) rooms += static_cast<std::int64_t>(index_.Count(kind));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, rooms));
}

std::uint64_t PgLog::retained_events() const {
  const MutexLock lock(mutex_);
  return retained_;
}

void PgLog::PublishLocked(std::span<const PgRecord> records, Committed committed) {
  std::vector<StoredEvent> events;
  std::vector<MixChanged> mixes;
  std::vector<Revocation> revocations;
  std::vector<Ban> bans;
  std::vector<SessionChange> sessions;
  std::vector<AccountLogin> account_logins;
  std::vector<PushNotice> notices;
  std::vector<EndedLogin> ended_logins;
  std::vector<AccountValidity> account_validities;
  for (const PgRecord& record : records) {
    if (record.position <= position_) continue;
    position_ = record.position;
    if (const auto* const event = std::get_if<StoredEvent>(&record.what)) {
      ApplyToIndexLocked(record);
      events.push_back(*event);
    } else if (const auto* const mix = std::get_if<MixChanged>(&record.what)) {
      mixes.push_back(*mix);
    } else if (const auto* const revocation = std::get_if<Revocation>(&record.what)) {
      revocations.push_back(*revocation);
    } else if (const auto* const ban = std::get_if<Ban>(&record.what)) {
      bans.push_back(*ban);
    } else if (const auto* const session = std::get_if<SessionChange>(&record.what)) {
      sessions.push_back(*session);
    } else if (const auto* const login = std::get_if<AccountLogin>(&record.what)) {
      account_logins.push_back(*login);
    } else if (const auto* const notice = std::get_if<PushNotice>(&record.what)) {
      notices.push_back(*notice);
    } else if (const auto* const ended = std::get_if<EndedLogin>(&record.what)) {
      ended_logins.push_back(*ended);
    } else if (const auto* const validity = std::get_if<AccountValidity>(&record.what)) {
      account_validities.push_back(*validity);
    }
  }
  if (!sessions.empty() && session_listener_ != nullptr) session_listener_->OnSessions(sessions);
  if (!notices.empty() && notice_listener_ != nullptr) notice_listener_->OnNotices(notices);
  committed.events = events;
  committed.mixes = mixes;
  committed.revocations = revocations;
  committed.bans = bans;
  committed.account_logins = account_logins;
  committed.ended_logins = ended_logins;
  committed.account_validities = account_validities;
  const bool has_anything = !events.empty() || !mixes.empty() || !revocations.empty() ||
                            !bans.empty() || !account_logins.empty() || !ended_logins.empty() ||
                            !account_validities.empty() || committed.has_im_deliveries ||
                            committed.has_trtc_deliveries || committed.has_messages;
  if (has_anything) listener_.OnCommit(committed);
}

void PgLog::ApplyToIndexLocked(const PgRecord& record) {
  using Step = RoomIndexChange::Step;
  const RoomEvent& event = std::get<StoredEvent>(record.what).event;
  RoomIndexChange change{.room = {.kind = event.room.kind,
                                  .dialect = event.dialect,
                                  .type = record.type,
                                  .place = record.place}};
  if (std::holds_alternative<RoomCreated>(event.payload)) {
    change.step = Step::kInserted;
  } else if (std::holds_alternative<RoomActivated>(event.payload)) {
    change.step = Step::kActivated;
  } else if (std::holds_alternative<RoomDestroyed>(event.payload)) {
    change.step = Step::kErased;
  } else {
    return;
  }
  index_.Apply({&change, 1});
}

}  // namespace rtcroom
