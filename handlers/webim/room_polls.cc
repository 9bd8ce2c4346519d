#include "handlers/webim/room_polls.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ranges>
#include <utility>

#include "handlers/webim/webim_json.h"

namespace rtcroom {
namespace {

/// While too many are delivered, the polls of a group are answered once in that time.
constexpr std::chrono::seconds kBatchPeriod{1};

bool IsOfPresentGroup(const WebimLogin& login, const RoomPoll& poll) {
  return poll.room_number && login.IsIn(*poll.room_number);
}

/// A poll confirms what is before its start.
void TakePosition(WebimLogin& login, const RoomPoll& poll) {
  if (!IsOfPresentGroup(login, poll)) return;
  Membership& room = *login.room;
  const std::uint64_t end = room.group->facts.last_seq + 1;
  room.confirmed = std::max(room.confirmed, std::min(poll.start, end));
  if (room.confirmed >= room.in_flight.end) room.in_flight = {};
}

/// Whether what was read shows which of the missing messages is the first that exists: the position
/// may have changed meanwhile.
bool Covers(const RoomPolls::OlderMessages& older, const RoomPolls::Missing& missing) {
  return older.missing.room_number == missing.room_number && older.missing.first <= missing.first &&
         missing.first <= older.missing.last &&
         (older.stored.empty() || missing.first <= older.stored.back().seq);
}

/// @param entry  empty: of a message that is skipped.
void AddEntry(std::string_view entry, std::string& entries) {
  if (!entry.empty() && !entries.empty()) entries += ',';
  entries += entry;
}

}  // namespace

std::optional<RoomPolls::Missing> RoomPolls::MissingFor(const WebimLogin* login,
                                                        const RoomPoll& poll) {
  if (login == nullptr || !IsOfPresentGroup(*login, poll)) return std::nullopt;
  const Group& group = *login->room->group;
  const std::uint64_t first = std::max(login->room->confirmed, poll.start);
  const std::uint64_t kept = group.tail.empty() ? group.facts.last_seq + 1 : group.tail.front().seq;
  if (first >= kept) return std::nullopt;
  return Missing{.room_number = group.facts.number, .first = first, .last = kept - 1};
}

void RoomPolls::Poll(WebimLogin* login, RoomPoll poll, const std::optional<OlderMessages>& older,
                     PollReply reply, WebimTurn& turn) {
  if (login != nullptr) TakePosition(*login, poll);
  polls_.Hold(login, RoomPoll{poll.start, std::move(poll.key), poll.room_number}, std::move(reply),
              turn);
  if (login == nullptr) return;
  const bool was_answered = notices_.SendByRoom(*login, turn);
  LoginPolls& polls = login->room_polls;
  if (!login->room || polls.waiting.empty()) return;
  login->room->group->waiting.insert(login);
  if (!was_answered && poll.room_number && !IsOfPresentGroup(*login, poll)) {
    // A late poll of a group that was left: it takes over the position in the present one.
    polls_.MarkShared(polls, turn.now);
    return polls_.AnswerNewestEmpty(polls, turn);
  }
  polls_.RetractIfAskedAgain(login->room->in_flight, polls, turn.now);
  const std::optional<Missing> missing = MissingFor(login, poll);
  if (!missing) return Send(*login, turn);
  if (older && Covers(*older, *missing)) return SendOlder(*login, *older, turn);
  // If the client asked again at once, it would do so all the time while the store fails.
  polls_.LookAgain({.since = turn.now, .instance = login->claims.instance});
}

void RoomPolls::SendOlder(WebimLogin& login, const OlderMessages& older, WebimTurn& turn) {
  Membership& room = *login.room;
  if (room.in_flight.end > 0) return;
  const GroupFacts& facts = room.group->facts;
  std::string entries;
  std::uint64_t end = room.confirmed;
  for (const StoredMessage& message : older.stored | std::views::take(kMaxReplyEntries)) {
    if (message.seq < room.confirmed) continue;
    // The store may be ahead of the feed.
    if (message.seq > facts.last_seq || entries.size() > kMaxReplyBytes) break;
    if (end == room.confirmed) {
      SkipGap(login, message.seq, turn);
      end = room.confirmed;
    }
    AddEntry(GroupMessageEntry(facts.room, message), entries);
    end = message.seq + 1;
  }
  if (end == room.confirmed) {
    SkipGap(login, older.missing.last + 1, turn);
    return Send(login, turn);
  }
  // The notice of a gap may have taken the poll.
  if (login.room_polls.waiting.empty()) return;
  Deliver(login, entries, end, std::nullopt, turn);
}

/// Messages before `stored` exist no more.
void RoomPolls::SkipGap(WebimLogin& login, std::uint64_t stored, WebimTurn& turn) {
  if (stored <= login.room->confirmed) return;
  ++gaps_;
  login.room->confirmed = stored;
  notices_.NotifyChanged(login, turn);
}

void RoomPolls::Send(WebimLogin& login, WebimTurn& turn) {
  if (!login.room || login.room_polls.waiting.empty()) return;
  const Membership& room = *login.room;
  const Group& group = *room.group;
  if (group.batch_at || room.in_flight.end > 0 || room.confirmed > group.facts.last_seq) return;
  if (group.tail.empty() || room.confirmed < group.tail.front().seq) {
    // The client asks again, and is given the messages of the store.
    return polls_.AnswerNewestEmpty(login.room_polls, turn);
  }
  std::string entries;
  std::optional<TimePoint> oldest;
  std::uint64_t end = room.confirmed;
  const auto skipped = static_cast<std::ptrdiff_t>(room.confirmed - group.tail.front().seq);
  for (const GroupMessage& message :
       group.tail | std::views::drop(skipped) | std::views::take(kMaxReplyEntries)) {
    if (entries.size() > kMaxReplyBytes) break;
    AddEntry(message.entry, entries);
    end = message.seq + 1;
    if (!oldest && message.seq >= room.given) oldest = message.sent_at;
  }
  Deliver(login, entries, end, oldest, turn);
}

void RoomPolls::Deliver(WebimLogin& login, std::string_view entries, std::uint64_t end,
                        std::optional<TimePoint> made_at, WebimTurn& turn) {
  Membership& room = *login.room;
  deliveries_.Charge(turn.now, options_.delivery_rate, 1);
  room.in_flight = {.since = turn.now, .end = end};
  room.given = std::max(room.given, end);
  polls_.LookAgain({.since = turn.now, .instance = login.claims.instance});
  std::string reply = RoomReply(end, options_.HoldInSeconds(), room.key, entries);
  polls_.Deliver(login.room_polls, std::move(reply), made_at, turn);
}

void RoomPolls::OnMessage(Group& group, const StoredMessage& message, WebimTurn& turn) {
  if (message.seq <= group.facts.last_seq) return;  // supplied already
  // After a gap the messages before this one are read from the store when they are asked for.
  if (message.seq != group.facts.last_seq + 1) ClearTail(group);
  group.facts.last_seq = message.seq;
  AddToTail(group, {.seq = message.seq,
                    .entry = GroupMessageEntry(group.facts.room, message),
                    .sent_at = message.content.sent_at});
  Wake(group, turn);
}

void RoomPolls::AdvanceTo(Group& group, std::uint64_t seq, WebimTurn& turn) {
  if (seq <= group.facts.last_seq) return;
  group.facts.last_seq = seq;
  ClearTail(group);
  Wake(group, turn);
}

void RoomPolls::Wake(Group& group, WebimTurn& turn) {
  if (group.batch_at) return;
  if (deliveries_.Debt(turn.now, options_.delivery_rate).count() > 0) {
    group.batch_at = turn.now + kBatchPeriod;
    batches_.push_back(&group);
    return;
  }
  SendTo(group, turn);
}

void RoomPolls::SendTo(Group& group, WebimTurn& turn) {
  std::erase_if(group.waiting, [&](WebimLogin* login) {
    Send(*login, turn);
    return login->room_polls.waiting.empty();
  });
}

void RoomPolls::AddToTail(Group& group, GroupMessage message) {
  if (group.tail.empty()) {
    group.by_message = by_message_.insert(by_message_.end(), &group);
  } else {
    by_message_.splice(by_message_.end(), by_message_, group.by_message);
  }
  group.tail_bytes += message.entry.size();
  bytes_ += message.entry.size() + kEntryBytes;
  group.tail.push_back(std::move(message));
  while (group.tail.size() > 1 &&
         (group.tail.size() > options_.tail || group.tail_bytes > options_.max_bytes)) {
    const std::size_t oldest = group.tail.front().entry.size();
    group.tail_bytes -= oldest;
    bytes_ -= oldest + kEntryBytes;
    group.tail.pop_front();
  }
}

void RoomPolls::ClearTail(Group& group) {
  if (group.tail.empty()) return;
  bytes_ -= group.tail_bytes + (group.tail.size() * kEntryBytes);
  by_message_.erase(group.by_message);
  std::deque<GroupMessage>().swap(group.tail);
  group.tail_bytes = 0;
}

void RoomPolls::Forget(Group& group) {
  ClearTail(group);
  if (group.batch_at) std::erase(batches_, &group);
}

void RoomPolls::OnTick(WebimTurn& turn) {
  std::erase_if(batches_, [&](Group* group) {
    if (*group->batch_at > turn.now) return false;
    group->batch_at.reset();
    SendTo(*group, turn);
    return true;
  });
}

}  // namespace rtcroom
