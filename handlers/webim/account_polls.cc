#include "handlers/webim/account_polls.h"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <unordered_map>
#include <utility>

#include "daemon/base/sip_hash.h"
#include "handlers/webim/webim_json.h"

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

void AccountPolls::Poll(WebimLogin* login, std::uint64_t cursor, PollReply reply, WebimTurn& turn) {
  if (login != nullptr) {
    login->inbox.polled_at = turn.now;
    Confirm(*login, cursor, turn);
  }
  polls_.Hold(login, std::nullopt, std::move(reply), turn);
  if (login == nullptr) return;
  polls_.RetractIfAskedAgain(login->inbox.in_flight, login->account_polls, turn.now);
  Send(*login, turn);
}

void AccountPolls::Confirm(WebimLogin& login, std::uint64_t cursor, WebimTurn& turn) {
  AccountInbox& inbox = login.inbox;
  std::uint64_t settled = 0;
  while (!inbox.entries.empty()) {
    const InboxEntry& oldest = inbox.entries.front();
    if (oldest.given == 0 || oldest.given > cursor) break;
    settled = std::max(settled, oldest.position);
    inbox.entries.pop_front();
  }
  Count(login);
  // A newer one may have been confirmed while an older one waited.
  inbox.received = std::max(inbox.received, settled);
  const bool has_older = std::ranges::any_of(inbox.entries, [&inbox](const InboxEntry& entry) {
    return entry.position > 0 && entry.position < inbox.received;
  });
  if (settled > 0 && !inbox.needs_pending && !has_older) {
    turn.settled.emplace_back(login.claims.account, inbox.received);
  }
  if (cursor >= inbox.in_flight.end) inbox.in_flight = {};
  // After a restart with a clock that was set back, numbers continue after those before it.
  if (cursor < kMaxCursor) inbox.notice_seq = std::max(inbox.notice_seq, cursor);
}

void AccountPolls::Send(WebimLogin& login, WebimTurn& turn) {
  AccountInbox& inbox = login.inbox;
  if (inbox.entries.empty()) return;
  if (login.account_polls.waiting.empty()) {
    SendByRoom(login, turn);
    return;
  }
  if (inbox.in_flight.end > 0) return;
  std::uint64_t& number = inbox.notice_seq;
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
  polls_.LookAgain({.since = turn.now, .instance = login.claims.instance, .is_account = true});
  polls_.Deliver(login.account_polls, text.Text(), oldest, turn);
}

bool AccountPolls::SendByRoom(WebimLogin& login, WebimTurn& turn) {
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

void AccountPolls::GivePending(WebimLogin& login, std::uint64_t cursor,
                               std::span<const StoredMessage> messages, WebimTurn& turn) {
  AccountInbox& inbox = login.inbox;
  if (!std::exchange(inbox.needs_pending, false)) return;
  const auto dropped = std::exchange(inbox.dropped, {});
  const std::uint64_t confirmed = dropped.number <= cursor ? dropped.position : 0;
  if (confirmed > 0) turn.settled.emplace_back(login.claims.account, confirmed);
  if (messages.empty()) return;
  inbox.pending_until = messages.back().position;
  std::list<InboxEntry>& entries = inbox.entries;
  const bool is_guarded = login.IsInGen2LiveRoom();
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

void AccountPolls::OnDirectMessage(WebimLogin& login, const StoredMessage& message,
                                   WebimTurn& turn) {
  if (login.IsInGen2LiveRoom() && !PassesDirect(message)) return;
  if (message.position <= login.inbox.pending_until) return;  // it was read from the store
  InboxEntry entry = DirectEntry(message);
  entry.made_at = message.content.sent_at;
  Enqueue(login, std::move(entry), turn);
}

void AccountPolls::NotifyChanged(WebimLogin& login, WebimTurn& turn) {
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

void AccountPolls::NotifyEnded(WebimLogin& login, const RoomId& group, WebimTurn& turn) {
  Enqueue(login,
          {.text = SystemNoticeEntry(group, ReportType::kGroupEnded, turn.wall),
           .made_at = turn.changed_at},
          turn);
}

void AccountPolls::DropChanges(WebimLogin& login, std::uint64_t room_number) {
  std::erase_if(login.inbox.entries, [room_number](const InboxEntry& entry) {
    return entry.changed == room_number && entry.given == 0;
  });
}

void AccountPolls::Enqueue(WebimLogin& login, InboxEntry entry, WebimTurn& turn) {
  login.inbox.entries.push_back(std::move(entry));
  Trim(login);
  Send(login, turn);
}

void AccountPolls::Trim(WebimLogin& login) {
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
void AccountPolls::Count(WebimLogin& login) {
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

void AccountPolls::Clear(WebimLogin& login) {
  login.inbox.entries.clear();
  Count(login);
  login.inbox.in_flight = {};
}

void AccountPolls::DropDirects() {
  WebimLogin& login = *by_wait_.front();
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

}  // namespace rtcroom
