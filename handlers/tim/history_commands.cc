// Histories of groups and between accounts, in pages.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/auth/user_sig.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_envelope.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

constexpr std::size_t kMaxPage = 21;
/// A page may have so many messages instead if all are of one second: the next page begins with
/// another second.
constexpr std::size_t kMaxOfSecond = 100;
constexpr std::size_t kMaxPeers = 100;

std::int64_t SecondOf(const StoredMessage& message) { return UnixSeconds(message.content.sent_at); }

struct Page {
  std::vector<StoredMessage> messages{};  ///< in the direction of reading
  bool is_complete = false;               ///< there are no more
  std::int64_t next_time = 0;             ///< from which the next page is read, in seconds
};

/// Cuts what was read at `limit`, which it exceeds unless it is complete, or to what fits.
Page CutTo(Senders& senders, std::size_t limit, std::vector<StoredMessage> read) {
  limit = std::min(limit, CountFitting(senders, read));
  Page page{.is_complete = read.size() <= limit};
  if (!page.is_complete) read.resize(limit);
  if (!read.empty()) page.next_time = SecondOf(read.back());
  page.messages = std::move(read);
  return page;
}

/// Cuts what was read from a time on. The SDK leaves out the last message of a page that is not
/// complete, and asks for the next one from its second on. So a page ends with a message of another
/// second than it began with.
Page CutFromTime(Senders& senders, std::size_t limit, bool is_back,
                 std::vector<StoredMessage> read) {
  if (read.empty()) return Page{.is_complete = true};
  const std::int64_t first = SecondOf(read.front());
  const auto other = std::ranges::find_if(
      read, [first](const StoredMessage& message) { return SecondOf(message) != first; });
  const auto length = static_cast<std::size_t>(other - read.begin()) + 1;
  Page page = CutTo(senders, std::clamp(length, limit, kMaxOfSecond), std::move(read));
  if (!page.is_complete && page.next_time == first) page.next_time += is_back ? -1 : 1;
  return page;
}

}  // namespace

// Newest first: those with a seq in (ReqMsgSeq - ReqMsgNumber, ReqMsgSeq].
Reply GetGroupHistory(const Request& request, const Context& context) {
  const std::uint64_t asked_seq = request.fields.OptionalNumber("ReqMsgSeq");
  const std::uint64_t limit = request.fields.Limit("ReqMsgNumber", kMaxPage);
  const Result<OwnGroup> group = FindOwnGroup(request, context);
  if (!group) return group.error();
  const std::uint64_t number = group->room.sequence;
  const Result<std::uint64_t> newest = context.history.NewestRoomMessage(number);
  if (!newest) return newest.error();
  const std::uint64_t last = asked_seq == 0 ? *newest : std::min(asked_seq, *newest);
  std::uint64_t first = last > limit ? last - limit + 1 : 1;
  auto messages = context.history.ReadRoomMessages(number, first, limit);
  if (!messages) return messages.error();
  std::erase_if(*messages, [last](const StoredMessage& message) { return message.seq > last; });
  std::ranges::reverse(*messages);
  Senders senders(context);
  const std::size_t count = CountFitting(senders, *messages);
  if (count < messages->size()) {
    messages->resize(count);
    first = messages->back().seq;
  }
  const GroupLabel label = LabelOf(group->room);
  // An empty list with IsFinished 2 ends the history: the SDK asks for nothing older.
  const bool is_end = messages->empty();
  JsonText reply;
  reply.Field("GroupId", label.id.value)
      .Field("IsFinished", is_end ? 2 : 1)
      .Field("NextReqMsgSeq", is_end ? 0 : first - 1)
      .BeginArray("RspMsgList");
  for (const StoredMessage& message : *messages) {
    reply.Json(GroupMessage(label, message, senders.Of(message.content.sender)));
  }
  return std::move(reply.EndArray());
}

Reply GetDirectHistory(const Request& request, const Context& context) {
  const UserId peer = request.fields.Account("Peer_Account");
  const std::size_t limit = request.fields.Limit("MaxCnt", kMaxPage);
  // A key of another form counts as none, and the time tells the place.
  const auto oldest = ReadSession(request.fields.OptionalText("MsgKey"));
  const std::uint64_t second = request.fields.OptionalNumber("LastMsgTime");
  const bool is_back = request.fields.OptionalNumber("GetDirection") != 1;
  if (!request.fields.ok()) return request.fields.error();
  const UserId& account = request.caller.account;
  const bool has_place = oldest && oldest->room_number == 0;
  const auto before = has_place ? std::optional(oldest->until) : std::nullopt;
  const bool is_by_position = before || (is_back && second == 0);
  auto found = is_by_position
                   ? context.history.ReadDirectMessages(account, peer, before, limit + 1)
                   : context.history.ReadDirectMessagesAt(
                         account, peer, is_back ? TimeOf(second) + kLastOfSecond : TimeOf(second),
                         is_back ? FromTime::kBack : FromTime::kForward, kMaxOfSecond + 1);
  if (!found) return found.error();
  Senders senders(context);
  Page page = is_by_position ? CutTo(senders, limit, *std::move(found))
                             : CutFromTime(senders, limit, is_back, *std::move(found));
  const auto read = context.accounts.ReadPositionsFor(account, {&peer, 1});
  if (!read) return read.error();
  const TimePoint read_until = ReadUntil(*read, peer);
  std::vector<StoredMessage>& messages = page.messages;
  const std::string key = messages.empty() ? "" : SessionOf({.until = messages.back().position});
  if (is_back) std::ranges::reverse(messages);
  JsonText reply;
  reply.Field("MaxCnt", messages.size())
      .Field("Complete", page.is_complete ? 1 : 0)
      .Field("LastMsgTime", page.next_time)
      .Field("MsgKey", key)
      .BeginArray("MsgList");
  for (const StoredMessage& message : messages) {
    const MessageContent& content = message.content;
    const bool is_read = content.sender == account && content.sent_at <= read_until;
    reply.Json(DirectMessage(message, senders.Of(content.sender), DirectForm::kPlain, is_read));
  }
  return std::move(reply.EndArray());
}

Reply GetPeerReadTimes(const Request& request, const Context& context) {
  std::vector<UserId> peers;
  for (std::string& text : request.fields.Texts("To_Account", kMaxPeers))
    peers.push_back({std::move(text)});
  if (!request.fields.ok()) return request.fields.error();
  const auto positions = context.accounts.ReadPositionsFor(request.caller.account, peers);
  if (!positions) return positions.error();
  JsonText reply;
  reply.BeginArray("ReadTime");
  for (const UserId& peer : peers) {
    reply.Json(std::to_string(UnixSeconds(ReadUntil(*positions, peer))));
  }
  return std::move(reply.EndArray());
}

}  // namespace rtcroom::tim
