// The waiting polls: what each is answered with.
#include <algorithm>
#include <iterator>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "daemon/channel/channel_json.h"
#include "daemon/channel/channel_state.h"

namespace rtcroom {
namespace {

/// Polls of one kind that an instance may have waiting; one more answers the oldest. A client has a
/// loop of them for each room that ended while it was in it, and for each second join. With fewer
/// than it has loops, each poll would answer another at once, without end. A mini-program has at
/// most ten requests under way.
constexpr std::size_t kMaxPolls = 10;
/// Bounds of one reply.
constexpr std::size_t kMaxEntries = 50;
constexpr std::size_t kMaxReplyBytes = std::size_t{128} << 10;
/// Keys of this server have less than a fifth of that.
constexpr std::size_t kMaxKeyBytes = 512;
/// A client's position beyond that is not believed: clients read numbers up to 2^53, and those of
/// its next answers are larger. In microseconds it is in the year 2112.
constexpr std::uint64_t kMaxCursor = std::uint64_t{1} << 52;

constexpr int kNothingNew = 60008;

}  // namespace

// The account's poll

void ChannelState::Enqueue(Instance& instance, Notice notice, ChannelTurn& turn) {
  instance.inbox.push_back(std::move(notice));
  TrimInbox(instance);
  SendNotices(instance, turn);
}

void ChannelState::TrimInbox(Instance& instance) {
  std::list<Notice>& inbox = instance.inbox;
  std::size_t bytes = 0;
  for (const Notice& notice : inbox) bytes += notice.entry.size();
  while (inbox.size() > 1 && (inbox.size() > options_.max_inbox || bytes > options_.max_bytes)) {
    const auto oldest = FirstToGo(inbox, inbox.size() > options_.max_inbox);
    bytes -= oldest->entry.size();
    inbox.erase(oldest);
    ++counts_.dropped;
  }
  CountInbox(instance);
}

/// The oldest direct message of the sender that has most, so that no sender displaces what waits
/// from others. System notices stay: they merge, and a client that misses the last one stays in a
/// room that has ended.
std::list<ChannelState::Notice>::iterator ChannelState::FirstToGo(std::list<Notice>& inbox,
                                                                  bool are_too_many) {
  const auto newest = std::prev(inbox.end());  // it is kept
  std::unordered_map<std::size_t, std::size_t> of_senders;
  std::size_t most = 0;
  for (auto notice = inbox.begin(); notice != newest; ++notice) {
    if (notice->position == 0) continue;
    std::size_t& all = of_senders[notice->sender];
    most = std::max(most, all += are_too_many ? 1 : notice->entry.size());
  }
  const auto first = std::find_if(inbox.begin(), newest, [&](const Notice& notice) {
    return notice.position > 0 && of_senders[notice.sender] == most;
  });
  return first == newest ? inbox.begin() : first;
}

void ChannelState::PollAccount(std::uint64_t instance, std::uint64_t cursor, PollReply reply,
                               ChannelTurn& turn) {
  Instance* const polling = Find(instance);
  if (polling != nullptr && polling->standing == Standing::kKicked) {
    turn.replies.emplace_back(std::move(reply), KickedReply());
    return;
  }
  if (polling != nullptr) {
    polling->account_polled_at = turn.now;
    Confirm(*polling, cursor, turn);
  }
  Hold({.reply = std::move(reply),
        .due = turn.now + options_.hold,
        .owner = polling,
        .is_account = true},
       turn);
  if (polling == nullptr) return;
  RetractIfAskedAgain(polling->in_flight, polling->account_polls, turn.now);
  SendNotices(*polling, turn);
}

void ChannelState::Confirm(Instance& instance, std::uint64_t cursor, ChannelTurn& turn) {
  std::uint64_t settled = 0;
  while (!instance.inbox.empty()) {
    const Notice& oldest = instance.inbox.front();
    if (oldest.given == 0 || oldest.given > cursor) break;
    settled = std::max(settled, oldest.position);
    instance.inbox.pop_front();
  }
  CountInbox(instance);
  const bool has_older = std::ranges::any_of(instance.inbox, [settled](const Notice& notice) {
    return notice.position > 0 && notice.position < settled;
  });
  if (settled > 0 && !instance.needs_pending && !has_older) {
    turn.settled.emplace_back(instance.claims.account, settled);
  }
  if (cursor >= instance.in_flight.end) instance.in_flight = {};
  // After a restart with a clock that was set back, numbers continue after those before it.
  std::uint64_t& last = accounts_.at(instance.claims.account).notice_seq;
  if (cursor > last && cursor < kMaxCursor) last = cursor;
}

void ChannelState::SendNotices(Instance& instance, ChannelTurn& turn) {
  if (instance.inbox.empty()) return;
  if (instance.account_polls.waiting.empty()) {
    SendNoticesByRoom(instance, turn);
    return;
  }
  if (instance.in_flight.end > 0) return;
  std::uint64_t& number = accounts_.at(instance.claims.account).notice_seq;
  number = std::max(number + 1, Microseconds(turn.wall));
  AccountReply text(number);
  std::size_t bytes = 0;
  std::optional<TimePoint> oldest;
  for (Notice& notice : instance.inbox | std::views::take(kMaxEntries)) {
    if (bytes > 0 && bytes + notice.entry.size() > kMaxReplyBytes) break;
    bytes += notice.entry.size();
    notice.position > 0 ? text.AddDirect(notice.entry) : text.AddNotice(notice.entry);
    if (notice.given > 0) continue;
    notice.given = number;
    if (notice.made_at) oldest = std::min(oldest.value_or(*notice.made_at), *notice.made_at);
  }
  CountDelivery(DeliveryPath::kAccount, oldest, turn);
  instance.in_flight = {.since = turn.now, .end = number};
  unconfirmed_.push_back(
      {.since = turn.now, .instance = instance.claims.instance, .is_account = true});
  Answer(instance.account_polls.waiting.back(), text.Text(), turn);
}

/// While the account's poll is away, its system notices go by the room's newest, unconfirmed.
/// @return whether there were any.
bool ChannelState::SendNoticesByRoom(Instance& instance, ChannelTurn& turn) {
  const bool is_away = turn.now - instance.account_polled_at > 2 * options_.hold;
  if (!is_away || instance.room_polls.waiting.empty()) return false;
  std::string entries;
  std::optional<TimePoint> oldest;
  std::erase_if(instance.inbox, [&](const Notice& notice) {
    if (notice.position > 0) return false;
    if (notice.made_at) oldest = std::min(oldest.value_or(*notice.made_at), *notice.made_at);
    if (!entries.empty()) entries += ',';
    entries.append("{").append(notice.entry);
    return true;
  });
  if (entries.empty()) return false;
  CountInbox(instance);
  CountDelivery(DeliveryPath::kRoom, oldest, turn);
  const WaitingList::iterator poll = instance.room_polls.waiting.back();
  Answer(poll, RoomReplyTo(*poll, entries), turn);
  return true;
}

bool ChannelState::NeedsPending(std::uint64_t instance) const {
  const Instance* const found = Find(instance);
  return found != nullptr && found->standing == Standing::kActive && found->needs_pending;
}

// The room's poll

std::optional<ChannelState::Missing> ChannelState::MissingFor(std::uint64_t instance,
                                                              const RoomPoll& poll) const {
  const Instance* const polling = Find(instance);
  if (polling == nullptr || !polling->room) return std::nullopt;
  const Group& group = *polling->room->group;
  if (!IsOfPresentGroup(*polling, poll)) return std::nullopt;
  const std::uint64_t first = std::max(polling->room->confirmed, poll.start);
  const std::uint64_t kept = group.tail.empty() ? group.facts.last_seq + 1 : group.tail.front().seq;
  if (first >= kept) return std::nullopt;
  return Missing{.room_number = group.facts.number, .first = first, .last = kept - 1};
}

void ChannelState::PollRoom(std::optional<std::uint64_t> instance, const RoomPoll& poll,
                            const std::optional<OlderMessages>& older, PollReply reply,
                            ChannelTurn& turn) {
  Instance* const polling = instance ? Find(*instance) : nullptr;
  if (polling != nullptr) TakePosition(*polling, poll);
  Hold({.reply = std::move(reply),
        .due = turn.now + options_.hold,
        .owner = polling,
        .start = poll.start,
        .key = poll.key.substr(0, kMaxKeyBytes)},
       turn);
  if (polling == nullptr || polling->standing != Standing::kActive) return;
  const bool was_answered = SendNoticesByRoom(*polling, turn);
  Polls& polls = polling->room_polls;
  if (!polling->room || polls.waiting.empty()) return;
  if (!was_answered && poll.claims && !IsOfPresentGroup(*polling, poll)) {
    // A late poll of a group that was left: it takes over the position in the present one.
    MarkShared(polls, turn.now);
    return AnswerEmpty(polls.waiting.back(), turn);
  }
  RetractIfAskedAgain(polling->room->in_flight, polls, turn.now);
  const std::optional<Missing> missing = MissingFor(*instance, poll);
  if (!missing) return SendMessages(*polling, turn);
  if (older && Covers(*older, *missing)) return SendOlder(*polling, *older, turn);
  // If the client asked again at once, it would do so all the time while the store fails.
  unconfirmed_.push_back({.since = turn.now, .instance = *instance});
}

bool ChannelState::IsOfPresentGroup(const Instance& instance, const RoomPoll& poll) {
  return instance.room && poll.claims && poll.claims->instance == instance.claims.instance &&
         poll.claims->room_number == instance.room->group->facts.number;
}

/// A poll confirms what is before its start.
void ChannelState::TakePosition(Instance& instance, const RoomPoll& poll) {
  if (!IsOfPresentGroup(instance, poll)) return;
  Membership& room = *instance.room;
  const std::uint64_t end = room.group->facts.last_seq + 1;
  room.confirmed = std::max(room.confirmed, std::min(poll.start, end));
  if (room.confirmed >= room.in_flight.end) room.in_flight = {};
}

/// Whether what was read shows which of the missing messages is the first that exists: the position
/// may have changed meanwhile.
bool ChannelState::Covers(const OlderMessages& older, const Missing& missing) {
  return older.missing.room_number == missing.room_number && older.missing.first <= missing.first &&
         missing.first <= older.missing.last &&
         (older.stored.empty() || missing.first <= older.stored.back().seq);
}

void ChannelState::SendOlder(Instance& instance, const OlderMessages& older, ChannelTurn& turn) {
  Membership& room = *instance.room;
  if (room.in_flight.end > 0) return;
  const GroupFacts& facts = room.group->facts;
  std::string entries;
  std::uint64_t end = room.confirmed;
  for (const StoredMessage& message : older.stored | std::views::take(kMaxEntries)) {
    if (message.seq < room.confirmed) continue;
    // The store may be ahead of the feed.
    if (message.seq > facts.last_seq || entries.size() > kMaxReplyBytes) break;
    if (entries.empty()) SkipGap(instance, message.seq, turn);
    if (!entries.empty()) entries += ',';
    entries += GroupMessageEntry(facts.room.id, message);
    end = message.seq + 1;
  }
  if (entries.empty()) {
    SkipGap(instance, older.missing.last + 1, turn);
    return SendMessages(instance, turn);
  }
  // The notice of a gap may have taken the poll.
  if (instance.room_polls.waiting.empty()) return;
  CountDelivery(DeliveryPath::kRoom, std::nullopt, turn);
  SendEntries(instance, entries, end, turn);
}

/// Messages before `stored` exist no more.
void ChannelState::SkipGap(Instance& instance, std::uint64_t stored, ChannelTurn& turn) {
  Membership& room = *instance.room;
  if (stored <= room.confirmed) return;
  ++counts_.gaps;
  room.confirmed = stored;
  EnqueueChanged(instance, *room.group, turn);
}

void ChannelState::SendMessages(Instance& instance, ChannelTurn& turn) {
  if (!instance.room || instance.room_polls.waiting.empty()) return;
  const Membership& room = *instance.room;
  const Group& group = *room.group;
  if (group.batch_at || room.in_flight.end > 0 || room.confirmed > group.facts.last_seq) return;
  if (group.tail.empty() || room.confirmed < group.tail.front().seq) {
    // The client asks again, and is given the messages of the store.
    return AnswerEmpty(instance.room_polls.waiting.back(), turn);
  }
  std::string entries;
  std::optional<TimePoint> oldest;
  std::uint64_t end = room.confirmed;
  const auto skipped = static_cast<std::ptrdiff_t>(room.confirmed - group.tail.front().seq);
  for (const Message& message :
       group.tail | std::views::drop(skipped) | std::views::take(kMaxEntries)) {
    if (entries.size() > kMaxReplyBytes) break;
    if (!entries.empty()) entries += ',';
    entries += message.entry;
    end = message.seq + 1;
    if (!oldest && message.seq >= room.given) oldest = message.sent_at;
  }
  CountDelivery(DeliveryPath::kRoom, oldest, turn);
  SendEntries(instance, entries, end, turn);
}

void ChannelState::SendEntries(Instance& instance, std::string_view entries, std::uint64_t end,
                               ChannelTurn& turn) {
  Membership& room = *instance.room;
  deliveries_.Charge(turn.now, options_.delivery_rate, 1);
  room.in_flight = {.since = turn.now, .end = end};
  room.given = std::max(room.given, end);
  unconfirmed_.push_back({.since = turn.now, .instance = instance.claims.instance});
  Answer(instance.room_polls.waiting.back(), RoomReply(end, HoldSeconds(), room.key, entries),
         turn);
}

void ChannelState::CountDelivery(DeliveryPath path, std::optional<TimePoint> made_at,
                                 ChannelTurn& turn) {
  ++counts_.deliveries.at(static_cast<std::size_t>(path));
  if (turn.is_of_feed && made_at) turn.deliveries.push_back({.path = path, .made_at = *made_at});
}

// Waiting polls

void ChannelState::Pause(const std::optional<RoomPoll>& room, PollReply reply, ChannelTurn& turn) {
  paused_.push_back({.reply = std::move(reply), .due = turn.now + kPause, .is_account = !room});
  if (!room) {
    ++account_polls_;
    return;
  }
  paused_.back().start = room->start;
  paused_.back().key = room->key.substr(0, kMaxKeyBytes);
}

void ChannelState::AnswerPaused(ChannelTurn& turn) {
  waiting_.splice(waiting_.begin(), paused_, paused_.begin());
  AnswerEmpty(waiting_.begin(), turn);
}

void ChannelState::Hold(Waiting waiting, ChannelTurn& turn) {
  Instance* const owner = waiting.owner;
  const bool is_account = waiting.is_account;
  const auto poll = waiting_.insert(waiting_.end(), std::move(waiting));
  if (is_account) ++account_polls_;
  if (owner == nullptr) return;
  Polls& polls = is_account ? owner->account_polls : owner->room_polls;
  polls.waiting.push_back(poll);
  if (polls.waiting.size() > 1) MarkShared(polls, turn.now);
  if (polls.waiting.size() > kMaxPolls) AnswerEmpty(polls.waiting.front(), turn);
}

/// Each loop has a poll in that time.
void ChannelState::MarkShared(Polls& polls, MonotonicTime now) const {
  polls.shared_until = now + options_.hold + options_.resend_after;
}

void ChannelState::Answer(WaitingList::iterator poll, std::string body, ChannelTurn& turn) {
  turn.replies.emplace_back(std::move(poll->reply), std::move(body));
  if (poll->owner != nullptr) {
    Polls& polls = poll->is_account ? poll->owner->account_polls : poll->owner->room_polls;
    std::erase(polls.waiting, poll);
  }
  if (poll->is_account) --account_polls_;
  waiting_.erase(poll);
}

void ChannelState::AnswerEmpty(WaitingList::iterator poll, ChannelTurn& turn) {
  Answer(poll, poll->is_account ? FailureReply(kNothingNew, "timeout") : RoomReplyTo(*poll, ""),
         turn);
}

std::string ChannelState::RoomReplyTo(const Waiting& poll, std::string_view entries) const {
  if (poll.owner != nullptr && poll.owner->room) {
    const Membership& room = *poll.owner->room;
    return RoomReply(room.confirmed, HoldSeconds(), room.key, entries);
  }
  return RoomReply(poll.start, HoldSeconds(), poll.key, entries);
}

}  // namespace rtcroom
