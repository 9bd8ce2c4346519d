// Conversations, what of them is unread, and who is told that it was read.
#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <ranges>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/auth/user_sig.h"
#include "daemon/channel/group_access_check.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_envelope.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"
#include "handlers/tim/tim_pushes.h"

namespace rtcroom::tim {
namespace {

/// A reply lists so many conversations at most, those with accounts and with groups together.
constexpr std::size_t kMaxConversations = 100;
/// A reply looks at so many groups of an account, those that it joined last: each is a read.
constexpr std::size_t kMaxListedGroups = 50;
/// Unread messages are counted up to here, for one conversation and for all, as each is read.
constexpr std::size_t kMaxUnreadOfPeer = 100;
constexpr std::size_t kMaxUnread = 500;
/// A page of what has come since the last one has so many messages at most.
constexpr std::size_t kMaxSync = 100;
constexpr std::size_t kMaxReadPositions = 1000;
/// A request reports so many conversations as read at most, and so many messages in receipts.
constexpr std::size_t kMaxReports = 20;
constexpr std::size_t kMaxReceipts = 30;
/// The SDK names no more conversations to delete in one request.
constexpr std::size_t kMaxDeleted = 100;
/// How far the time of a report may be ahead of this server's clock.
constexpr std::chrono::minutes kAhead{1};

const UserId& PeerOf(const StoredMessage& message, const UserId& account) {
  return message.content.sender == account ? message.receiver : message.content.sender;
}

/// The times until which an account has read what each of the others sent.
using ReadTimes = std::unordered_map<UserId, TimePoint>;

Result<ReadTimes> ReadTimesOf(const Context& context, const UserId& reader) {
  const auto positions = context.accounts.ReadPositionsOf(reader, kMaxReadPositions);
  if (!positions) return positions.error();
  ReadTimes times;
  for (const ReadPosition& position : *positions) times.emplace(position.peer, position.until);
  return times;
}

bool IsUnread(const StoredMessage& message, const UserId& account, const ReadTimes& times) {
  const MessageContent& content = message.content;
  if (content.sender == account) return false;
  const auto found = times.find(content.sender);
  return found == times.end() || content.sent_at > found->second;
}

/// Reads what the sender of `newest` has written since the account has last read or answered,
/// newest first, and about as many messages as it returns.
/// @param newest  of its conversation.
/// @param most  messages that are returned.
Result<std::vector<StoredMessage>> ReadUnread(const Context& context, const UserId& account,
                                              const StoredMessage& newest, const ReadTimes& times,
                                              std::size_t most) {
  std::vector<StoredMessage> unread = {newest};
  while (unread.size() < most) {
    const std::size_t limit = std::min(most - unread.size(), 2 * unread.size());
    const auto older = context.history.ReadDirectMessages(account, newest.content.sender,
                                                          unread.back().position, limit);
    if (!older) return older.error();
    const auto read = std::ranges::find_if(
        *older, [&](const StoredMessage& message) { return !IsUnread(message, account, times); });
    unread.insert(unread.end(), older->begin(), read);
    if (read != older->end() || older->size() < limit) break;
  }
  return unread;
}

/// How many messages of each account are unread.
using UnreadCounts = std::map<UserId, std::size_t>;

/// Conversations as JSON, the newest first.
using Items = std::multimap<TimePoint, std::string, std::greater<>>;

/// Adds those with accounts, without how much is unread, which the SDK counts by `openim.getmsg`
/// alone.
Status AddDirectItems(const Request& request, const Context& context, Items& items) {
  const UserId& account = request.caller.account;
  const auto conversations = context.history.ReadConversations(account, kMaxConversations);
  if (!conversations) return conversations.error();
  std::vector<UserId> peers;
  for (const StoredMessage& newest : *conversations) peers.push_back(PeerOf(newest, account));
  const auto read = context.accounts.ReadPositionsFor(account, peers);
  if (!read) return read.error();
  for (const StoredMessage& newest : *conversations) {
    const UserId& peer = PeerOf(newest, account);
    items.emplace(newest.content.sent_at,
                  DirectConversation(newest, peer, context.channel.logins().ProfileOf(peer),
                                     ReadUntil(*read, peer)));
  }
  return {};
}

/// Adds the meetings of the account: no other groups have a history.
Status AddGroupItems(const Request& request, const Context& context, Items& items) {
  const auto places = OwnMeetings(request.caller, context);
  if (!places) return places.error();
  const std::size_t listed = std::min(places->size(), kMaxListedGroups);
  for (const AccountGroup& place : *places | std::views::drop(places->size() - listed)) {
    const Result<Room> room = FindRoomOf(request.caller, context, place);
    const Result<NewestInRoom> newest =
        room ? ReadNewest(context, place.room_number) : room.error();
    if (!newest && !IsRefusal(newest.error().code)) return newest.error();
    if (!newest || !newest->message) continue;
    const bool is_own = newest->message->content.sender == request.caller.account;
    const std::uint64_t read =
        is_own ? newest->seq : std::min(newest->seq, std::max(place.read, place.joined_seq));
    items.emplace(newest->message->content.sent_at,
                  GroupConversation(LabelOf(*room), *newest->message, read, newest->seq - read));
  }
  return {};
}

/// @param position  up to which the messages between accounts were looked at.
Reply SyncReply(Senders& senders, std::span<const StoredMessage> messages,
                const UnreadCounts& unread, bool is_complete, std::uint64_t position) {
  JsonText reply;
  reply.BeginArray("MsgList");
  for (const StoredMessage& message : messages) {
    reply.Json(DirectMessage(message, senders.Of(message.content.sender)));
  }
  reply.EndArray().BeginArray("C2CPairUnreadCount");
  for (const auto& [peer, count] : unread) {
    reply.BeginObject().Field("From_Account", peer.value).Field("UnreadCount", count).EndObject();
  }
  return std::move(reply.EndArray()
                       .Field("SyncFlag", is_complete ? 2 : 1)
                       .Field("Cookie", SessionOf({.until = position})));
}

/// Answers with everything that was unread when the login began. An SDK that gets an invitation by
/// a push, too, tells its application of it twice.
Reply UnreadAtLogin(const Request& request, const Context& context) {
  const UserId& account = request.caller.account;
  const auto conversations = context.history.ReadConversations(account, kMaxConversations);
  if (!conversations) return conversations.error();
  const Result<ReadTimes> times = ReadTimesOf(context, account);
  if (!times) return times.error();
  std::vector<StoredMessage> messages;
  UnreadCounts counts;
  for (const StoredMessage& newest : *conversations) {
    if (!IsUnread(newest, account, *times)) continue;
    const std::size_t most = std::min(kMaxUnread - messages.size(), kMaxUnreadOfPeer);
    if (most == 0) break;
    auto unread = ReadUnread(context, account, newest, *times, most);
    if (!unread) return unread.error();
    std::erase_if(*unread, [pushes = request.pushes](const StoredMessage& message) {
      return pushes != nullptr && pushes->IsPushed(message);
    });
    if (unread->empty()) continue;
    counts.emplace(newest.content.sender, unread->size());
    std::ranges::move(*unread, std::back_inserter(messages));
  }
  std::ranges::sort(messages, std::greater(), &StoredMessage::position);
  Senders senders(context);
  messages.resize(CountFitting(senders, messages));
  std::ranges::reverse(messages);
  const std::uint64_t position = conversations->empty() ? 0 : conversations->front().position;
  return SyncReply(senders, messages, counts, /*is_complete=*/true, position);
}

/// Answers with what has come after a position.
Reply ReceivedSince(const Request& request, const Context& context, std::uint64_t position) {
  const UserId& account = request.caller.account;
  auto messages = context.history.ReadMessagesOf(account, position, kMaxSync);
  if (!messages) return messages.error();
  const Result<ReadTimes> times = ReadTimesOf(context, account);
  if (!times) return times.error();
  Senders senders(context);
  const std::size_t count = CountFitting(senders, *messages);
  const bool is_complete = count == messages->size() && count < kMaxSync;
  messages->resize(count);
  if (!messages->empty()) position = messages->back().position;
  std::erase_if(*messages, [&account](const StoredMessage& message) {
    return message.content.sender == account;
  });
  UnreadCounts counts;
  for (const StoredMessage& message : *messages) {
    if (IsUnread(message, account, *times)) ++counts[message.content.sender];
  }
  return SyncReply(senders, *messages, counts, is_complete, position);
}

/// Whether the two have ever written to each other, as far as it is kept. Otherwise nothing is
/// stored of them, and nobody told.
Result<bool> HaveWritten(const Context& context, const UserId& one, const UserId& other) {
  const auto newest = context.history.ReadDirectMessages(one, other, std::nullopt, 1);
  if (!newest) return newest.error();
  return !newest->empty();
}

Status StoreRead(const Context& context, std::span<const ReadPosition> positions) {
  if (positions.empty()) return {};
  if (Status stored = context.accounts.RecordReadPositions(positions); !stored) return stored;
  for (const ReadPosition& position : positions) {
    PushNotices& notices = context.socket.receivers.notices();
    notices.Share({.user_id = position.peer, .fact = ReadNotice{.position = position}});
    notices.Share(
        {.user_id = position.reader, .fact = ReadNotice{.position = position, .is_own = true}});
  }
  return {};
}

/// Stores that the account has read the groups up to these numbers.
/// @param reports  IDs of groups with a seq.
Status StoreGroupsRead(const Request& request, const Context& context,
                       std::span<const std::pair<RoomId, std::uint64_t>> reports) {
  if (reports.empty()) return {};
  const auto places = OwnMeetings(request.caller, context);
  if (!places) return places.error();
  std::vector<AccountGroupChange> changes;
  for (const auto& [id, seq] : reports) {
    for (const AccountGroup& place : *places) {
      if (place.room.id != id) continue;
      const Result<Room> room = FindRoomOf(request.caller, context, place);
      const Result<std::uint64_t> newest =
          room ? context.history.NewestRoomMessage(place.room_number) : room.error();
      if (!newest && !IsRefusal(newest.error().code)) return newest.error();
      if (!newest || place.read >= std::min(seq, *newest)) continue;
      changes.push_back({.group = place, .is_progress = true});
      changes.back().group.read = std::min(seq, *newest);
    }
  }
  return changes.empty() ? Status() : context.accounts.RecordAccountGroups(changes);
}

}  // namespace

Reply GetConversations(const Request& request, const Context& context) {
  Items items;
  if (const Status added = AddDirectItems(request, context, items); !added) return added.error();
  if (const Status added = AddGroupItems(request, context, items); !added) return added.error();
  JsonText reply;
  reply.BeginArray("SessionItem");
  TimePoint oldest;
  for (const auto& [at, text] : items | std::views::take(kMaxConversations)) {
    if (reply.text().size() + text.size() > kMaxReplyBytes) break;
    reply.Json(text);
    oldest = at;
  }
  // CompleteFlag: the SDK asks again at once, for ever, for a list that is not complete.
  return std::move(reply.EndArray()
                       .Field("CompleteFlag", 1)
                       .Field("TimeStamp", UnixSeconds(oldest))
                       .Field("StartIndex", std::min(items.size(), kMaxConversations))
                       .Json(R"("TopTimeStamp":0,"TopStartIndex":0,"GroupItem":[])"));
}

// The SDK counts what is unread by the first reply, and shows what later ones bring as new. It
// leaves out a reply with an empty cookie.
Reply GetUnread(const Request& request, const Context& context) {
  const std::string cookie = request.fields.OptionalText("Cookie");
  if (!request.fields.ok()) return request.fields.error();
  const auto received = ReadSession(cookie);
  const bool is_own = received && received->room_number == 0;
  return is_own ? ReceivedSince(request, context, received->until)
                : UnreadAtLogin(request, context);
}

Reply ReportRead(const Request& request, const Context& context) {
  ChannelFields report(request.fields.OptionalObject("C2CMsgReaded"));
  if (!request.fields.ok()) return request.fields.error();
  const UserId& account = request.caller.account;
  const TimePoint latest = context.socket.clock.Now() + kAhead;
  std::vector<ReadPosition> positions;
  for (ChannelFields& item : report.OptionalObjects("C2CMsgReadedItem", kMaxReports)) {
    UserId peer = item.Account("To_Account");
    const std::uint64_t time = item.Number("LastedMsgTime");
    if (!item.ok()) return item.error();
    const Result<bool> have_written = HaveWritten(context, account, peer);
    if (!have_written) return have_written.error();
    if (!*have_written) continue;
    positions.push_back({.reader = account,
                         .peer = std::move(peer),
                         .until = std::min(TimeOf(time) + kLastOfSecond, latest)});
  }
  if (!report.ok()) return report.error();
  return Done(StoreRead(context, positions));
}

Reply ReportGroupRead(const Request& request, const Context& context) {
  const std::pair<RoomId, std::uint64_t> report{request.fields.Group(),
                                                request.fields.Number("MsgReadedSeq")};
  if (!request.fields.ok()) return request.fields.error();
  return Done(StoreGroupsRead(request, context, {&report, 1}));
}

Reply ReadAll(const Request& request, const Context& context) {
  const bool are_direct = request.fields.OptionalNumber("C2CReadAllMsg") != 0;
  std::vector<std::pair<RoomId, std::uint64_t>> reports;
  JsonText reply;
  reply.Field("C2CReadAllMsg", are_direct ? 1 : 0).BeginArray("GroupReadInfoArray");
  for (ChannelFields& item : request.fields.OptionalObjects("GroupReadInfo", kMaxListedGroups)) {
    reports.emplace_back(item.Group(), item.Number("MsgSeq"));
    if (!item.ok()) return item.error();
    reply.BeginObject()
        .Field("GroupId", reports.back().first.value)
        .Field("MsgSeq", reports.back().second)
        .EndObject();
  }
  if (!request.fields.ok()) return request.fields.error();
  if (are_direct) {
    const UserId& account = request.caller.account;
    const auto conversations = context.history.ReadConversations(account, kMaxConversations);
    if (!conversations) return conversations.error();
    const Result<ReadTimes> times = ReadTimesOf(context, account);
    if (!times) return times.error();
    std::vector<ReadPosition> positions;
    for (const StoredMessage& newest : *conversations) {
      if (!IsUnread(newest, account, *times)) continue;
      positions.push_back(
          {.reader = account, .peer = newest.content.sender, .until = newest.content.sent_at});
    }
    if (const Status stored = StoreRead(context, positions); !stored) return stored.error();
  }
  if (const Status stored = StoreGroupsRead(request, context, reports); !stored) {
    return stored.error();
  }
  return std::move(reply.EndArray());
}

Reply TellReceipts(const Request& request, const Context& context) {
  const UserId peer = request.fields.Account("Peer_Account");
  std::vector<ReceiptNotice::Message> messages;
  for (ChannelFields& item : request.fields.OptionalObjects("C2CMsgInfo", kMaxReceipts)) {
    messages.push_back({.seq = item.Number("MsgSeq"),
                        .random = item.Number("MsgRandom"),
                        .time = item.Number("MsgTime"),
                        .client_time = item.OptionalNumber("MsgClientTime")});
    if (!item.ok()) return item.error();
  }
  if (!request.fields.ok()) return request.fields.error();
  const Result<bool> have_written = HaveWritten(context, request.caller.account, peer);
  if (!have_written) return have_written.error();
  if (*have_written && !messages.empty()) {
    context.socket.receivers.notices().Share(
        {.user_id = peer,
         .fact = ReceiptNotice{.reader = request.caller.account, .messages = std::move(messages)}});
  }
  return JsonText();
}

Reply DeleteConversations(const Request& request, const Context& /*context*/) {
  JsonText reply;
  reply.BeginArray("ResultItem");
  for (ChannelFields& item : request.fields.OptionalObjects("ContactItem", kMaxDeleted)) {
    reply.BeginObject().Field("Type", item.OptionalNumber("Type"));
    for (const char* const name : {"To_Account", "ToGroupid"}) {
      if (item.Has(name)) reply.Field(name, item.OptionalText(name));
    }
    reply.Field("ResultCode", 0).Field("ResultInfo", "").EndObject();
    if (!item.ok()) return item.error();
  }
  if (!request.fields.ok()) return request.fields.error();
  return std::move(reply.EndArray());
}

}  // namespace rtcroom::tim
