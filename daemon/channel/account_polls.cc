#include "daemon/channel/account_polls.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "daemon/base/sip_hash.h"
#include "daemon/channel/channel_json.h"
#include "daemon/channel/message_guard.h"

namespace rtcroom {
namespace {

/// A client's position beyond that is not believed: clients read numbers up to 2^53, and those of
/// its next answers are larger. In microseconds it is in the year 2112.
constexpr std::uint64_t kMaxCursor = std::uint64_t{1} << 52;

/// Finds the entry that goes first when too many wait, or too many bytes: the oldest direct message
/// of the sender that has most, so that no sender displaces what waits from others. System notices
/// stay: they merge, and a client that misses the last one stays in a room that has ended.
std::list<InboxEntry>::iterator FirstToGo(std::list<InboxEntry>& entries, bool are_too_many) {
  const auto newest = std::prev(entries.end());  // it is kept
  std::unordered_map<std::size_t, std::size_t> of_senders;
  std::size_t most = 0;
  for (auto entry = entries.begin(); entry != newest; ++entry) {
    if (entry->position == 0) continue;
    std::size_t& all = of_senders[entry->sender];
    most = std::max(most, all += are_too_many ? 1 : entry->text.size());
  }
  const auto first = std::find_if(entries.begin(), newest, [&](const InboxEntry& entry) {
    return entry.position > 0 && of_senders[entry.sender] == most;
  });
  return first == newest ? entries.begin() : first;
}

InboxEntry DirectEntry(const StoredMessage& message) {
  return {.text = DirectMessageEntry(message),
          .position = message.position,
          .sender = NameHash{}(message.content.sender.value)};
}

void AddMadeAt(const InboxEntry& entry, std::optional<TimePoint>& oldest) {
  if (entry.made_at) oldest = std::min(oldest.value_or(*entry.made_at), *entry.made_at);
}

}  // namespace

void AccountPolls::Poll(Login* login, std::uint64_t cursor, PollReply reply, ChannelTurn& turn) {
  if (login != nullptr && login->standing == Standing::kKicked) {
    turn.replies.emplace_back(std::move(reply), KickedReply());
    return;
  }
  if (login != nullptr) {
    login->inbox.polled_at = turn.now;
    Confirm(*login, cursor, turn);
  }
  polls_.HoldAccount(login, std::move(reply), turn);
  if (login == nullptr) return;
  polls_.RetractIfAskedAgain(login->inbox.in_flight, login->account_polls, turn.now);
  Send(*login, turn);
}

void AccountPolls::Confirm(Login& login, std::uint64_t cursor, ChannelTurn& turn) {
  AccountInbox& inbox = login.inbox;
  std::uint64_t settled = 0;
  while (!inbox.entries.empty()) {
    const InboxEntry& oldest = inbox.entries.front();
    if (oldest.given == 0 || oldest.given > cursor) break;
    settled = std::max(settled, oldest.position);
    inbox.entries.pop_front();
  }
  Count(login);
  const bool has_older = std::ranges::any_of(inbox.entries, [settled](const InboxEntry& entry) {
    return entry.position > 0 && entry.position < settled;
  });
  if (settled > 0 && !inbox.needs_pending && !has_older) {
    turn.settled.emplace_back(login.claims.account, settled);
  }
  if (cursor >= inbox.in_flight.end) inbox.in_flight = {};
  // After a restart with a clock that was set back, numbers continue after those before it.
  std::uint64_t& last = login.account->notice_seq;
  if (cursor > last && cursor < kMaxCursor) last = cursor;
}

void AccountPolls::Send(Login& login, ChannelTurn& turn) {
  AccountInbox& inbox = login.inbox;
  if (inbox.entries.empty()) return;
  if (login.account_polls.waiting.empty()) {
    SendByRoom(login, turn);
    return;
  }
  if (inbox.in_flight.end > 0) return;
  std::uint64_t& number = login.account->notice_seq;
  number = std::max(number + 1, Microseconds(turn.wall));
  AccountReply text(number);
  std::size_t bytes = 0;
  std::optional<TimePoint> oldest;
  for (InboxEntry& entry : inbox.entries | std::views::take(kMaxReplyEntries)) {
    if (bytes > 0 && bytes + entry.text.size() > kMaxReplyBytes) break;
    bytes += entry.text.size();
    entry.position > 0 ? text.AddDirect(entry.text) : text.AddNotice(entry.text);
    if (entry.given > 0) continue;
    entry.given = number;
    AddMadeAt(entry, oldest);
  }
  inbox.in_flight = {.since = turn.now, .end = number};
  unconfirmed_.push_back({.since = turn.now, .instance = login.claims.instance});
  polls_.Deliver(login.account_polls, text.Text(), oldest, turn);
}

bool AccountPolls::SendByRoom(Login& login, ChannelTurn& turn) {
  const bool is_away = turn.now - login.inbox.polled_at > 2 * options_.hold;
  if (!is_away || login.room_polls.waiting.empty()) return false;
  std::string entries;
  std::optional<TimePoint> oldest;
  std::erase_if(login.inbox.entries, [&](const InboxEntry& entry) {
    if (entry.position > 0) return false;
    AddMadeAt(entry, oldest);
    if (!entries.empty()) entries += ',';
    entries.append("{").append(entry.text);
    return true;
  });
  if (entries.empty()) return false;
  Count(login);
  polls_.DeliverByRoom(login, entries, oldest, turn);
  return true;
}

void AccountPolls::GivePending(Login& login, std::uint64_t cursor,
                               std::span<const StoredMessage> messages, ChannelTurn& turn) {
  AccountInbox& inbox = login.inbox;
  if (!NeedsPending(login)) return;
  inbox.needs_pending = false;
  const auto dropped = std::exchange(inbox.dropped, {});
  const std::uint64_t confirmed = dropped.number <= cursor ? dropped.position : 0;
  if (confirmed > 0) turn.settled.emplace_back(login.claims.account, confirmed);
  if (messages.empty()) return;
  inbox.pending_until = messages.back().position;
  std::list<InboxEntry>& entries = inbox.entries;
  const bool is_guarded = login.account->IsInGen2LiveRoom();
  for (const StoredMessage& message : messages) {
    const std::uint64_t position = message.position;
    if (position <= confirmed) continue;
    if (is_guarded && !PassesDirect(message)) continue;
    if (std::ranges::find(entries, position, &InboxEntry::position) != entries.end()) continue;
    // Messages that came since the login are newer.
    const auto next = std::ranges::find_if(entries, [position](const InboxEntry& entry) {
      return entry.given == 0 && entry.position > position;
    });
    entries.insert(next, DirectEntry(message));
  }
  Trim(login);
  Send(login, turn);
}

void AccountPolls::OnDirectMessage(const StoredMessage& message, ChannelTurn& turn) {
  const Account* const receiver = logins_.FindAccount(message.receiver);
  if (receiver == nullptr) return;
  if (receiver->IsInGen2LiveRoom() && !PassesDirect(message)) return;
  for (Login* const login : receiver->logins) {
    if (!login->IsActive() || login->on_kicked) continue;
    if (message.position <= login->inbox.pending_until) continue;  // it was read from the store
    InboxEntry entry = DirectEntry(message);
    entry.made_at = message.content.sent_at;
    Enqueue(*login, std::move(entry), turn);
  }
}

void AccountPolls::NotifyChanged(Login& login, ChannelTurn& turn) {
  if (!login.room) return;
  const GroupFacts& group = login.room->group->facts;
  // One that was given may have arrived, and its client may have asked for the members already.
  const bool is_waiting = std::ranges::any_of(login.inbox.entries, [&](const InboxEntry& entry) {
    return entry.changed == group.number && entry.given == 0;
  });
  if (is_waiting) return;
  Enqueue(login,
          {.text = SystemNoticeEntry(group.room.id, ReportType::kUserDefined, turn.wall),
           .changed = group.number,
           .made_at = turn.changed_at},
          turn);
}

void AccountPolls::NotifyEnded(Login& login, const RoomId& group, ChannelTurn& turn) {
  Enqueue(login,
          {.text = SystemNoticeEntry(group, ReportType::kGroupEnded, turn.wall),
           .made_at = turn.changed_at},
          turn);
}

void AccountPolls::DropChanges(Login& login, std::uint64_t room_number) {
  std::erase_if(login.inbox.entries, [room_number](const InboxEntry& entry) {
    return entry.changed == room_number && entry.given == 0;
  });
}

void AccountPolls::Enqueue(Login& login, InboxEntry entry, ChannelTurn& turn) {
  login.inbox.entries.push_back(std::move(entry));
  Trim(login);
  Send(login, turn);
}

void AccountPolls::Trim(Login& login) {
  std::list<InboxEntry>& entries = login.inbox.entries;
  std::size_t bytes = 0;
  for (const InboxEntry& entry : entries) bytes += entry.text.size();
  while (entries.size() > 1 &&
         (entries.size() > options_.max_inbox || bytes > options_.max_bytes)) {
    const auto oldest = FirstToGo(entries, entries.size() > options_.max_inbox);
    bytes -= oldest->text.size();
    entries.erase(oldest);
    ++dropped_;
  }
  Count(login);
}

/// Call it after each change of the inbox.
void AccountPolls::Count(Login& login) {
  AccountInbox& inbox = login.inbox;
  std::size_t bytes = 0;
  bool has_directs = false;
  for (const InboxEntry& entry : inbox.entries) {
    bytes += kEntryBytes + entry.text.size();
    has_directs = has_directs || entry.position > 0;
  }
  bytes_ += bytes - std::exchange(inbox.bytes, bytes);  // modulo 2^n
  if (has_directs == inbox.by_wait.has_value()) return;
  if (has_directs) {
    inbox.by_wait = by_wait_.insert(by_wait_.end(), &login);
  } else {
    by_wait_.erase(*std::exchange(inbox.by_wait, std::nullopt));
  }
}

void AccountPolls::Clear(Login& login) {
  login.inbox.entries.clear();
  Count(login);
  login.inbox.in_flight = {};
}

void AccountPolls::DropDirects() { DropDirects(*by_wait_.front()); }

void AccountPolls::DropDirects(Login& login) {
  AccountInbox& inbox = login.inbox;
  for (const InboxEntry& entry : inbox.entries) {
    if (entry.position > 0 && entry.given > 0) {
      inbox.dropped = {.number = entry.given, .position = entry.position};
    }
  }
  std::erase_if(inbox.entries, [](const InboxEntry& entry) { return entry.position > 0; });
  inbox.needs_pending = true;
  Count(login);
}

void AccountPolls::OnTick(ChannelTurn& turn) {
  while (!unconfirmed_.empty() && unconfirmed_.front().since + options_.resend_after <= turn.now) {
    const Unconfirmed oldest = unconfirmed_.front();
    unconfirmed_.pop_front();
    Login* const login = logins_.Find(oldest.instance);
    if (login == nullptr) continue;
    InFlight& in_flight = login->inbox.in_flight;
    // Otherwise it was confirmed, or a later one follows.
    if (in_flight.end > 0 && in_flight.since == oldest.since) polls_.Retract(in_flight);
    Send(*login, turn);
  }
}

}  // namespace rtcroom
