// Histories of groups and between accounts, in pages.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/auth/user_sig.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

constexpr std::uint64_t kMaxPage = 21;
/// Messages of one second that a page may have instead, so that the next one can be of another.
constexpr std::size_t kMaxOfSecond = 100;
constexpr std::size_t kMaxPeers = 100;

std::int64_t SecondOf(const StoredMessage& message) { return UnixSeconds(message.content.sent_at); }

/// What `getroammsg` asks for.
struct Asked {
  UserId peer{};
  std::size_t limit = kMaxPage;
  std::optional<std::uint64_t> before{};  ///< the position in the key of a page
  TimePoint time{};                       ///< 1970, backwards: from the newest on
  FromTime direction = FromTime::kBack;
};

Result<Asked> ReadAsked(const Request& request) {
  ChannelFields fields(request.body);
  Asked asked{.peer = fields.Account("Peer_Account")};
  const std::uint64_t limit = fields.OptionalNumber("MaxCnt", kMaxPage);
  const std::string key = fields.OptionalText("MsgKey");
  const std::uint64_t time = fields.OptionalNumber("LastMsgTime");
  const std::uint64_t direction = fields.OptionalNumber("GetDirection");
  if (!fields.ok()) return fields.error();
  asked.limit = static_cast<std::size_t>(std::clamp<std::uint64_t>(limit, 1, kMaxPage));
  asked.before = ReadPositionText(key);  // another key is none: the time leads on
  asked.time = TimeOf(time);
  if (direction == 1) asked.direction = FromTime::kForward;
  return asked;
}

struct Page {
  std::vector<StoredMessage> messages{};  ///< in the direction of reading
  bool is_complete = false;               ///< there are no more
  std::int64_t next_time = 0;             ///< from which the next page is read, in seconds
};

/// Cuts what was read at `limit`, which it exceeds unless it is complete, or to what fits.
Page CutTo(std::size_t limit, std::vector<StoredMessage> read) {
  limit = std::min(limit, CountFitting(read));
  Page page{.is_complete = read.size() <= limit};
  if (!page.is_complete) read.resize(limit);
  if (!read.empty()) page.next_time = SecondOf(read.back());
  page.messages = std::move(read);
  return page;
}

/// The SDK leaves out the last message of a page that is not complete, and asks for the next one
/// from its second on. So a page ends with a message of another second than it began with.
Result<Page> ReadFromTime(const Context& context, const UserId& account, const Asked& asked) {
  const bool is_back = asked.direction == FromTime::kBack;
  const TimePoint from = is_back ? asked.time + kLastOfSecond : asked.time;
  const auto read = [&](std::size_t limit) {
    return context.history.ReadDirectMessagesAt(account, asked.peer, from, asked.direction, limit);
  };
  auto messages = read(asked.limit + 1);
  if (!messages) return messages.error();
  const auto is_stuck = [](const std::vector<StoredMessage>& some, std::size_t limit) {
    limit = std::min(limit, CountFitting(some));
    return some.size() > limit && SecondOf(some[limit - 1]) == SecondOf(some.front());
  };
  if (!is_stuck(*messages, asked.limit)) return CutTo(asked.limit, *std::move(messages));
  messages = read(kMaxOfSecond + 1);
  if (!messages) return messages.error();
  if (messages->empty()) return Page{.is_complete = true};
  const std::int64_t first = SecondOf(messages->front());
  const auto other = std::ranges::find_if(
      *messages, [first](const StoredMessage& message) { return SecondOf(message) != first; });
  const auto length = static_cast<std::size_t>(other - messages->begin()) + 1;
  Page page = CutTo(std::min(length, kMaxOfSecond), *std::move(messages));
  if (!page.is_complete && page.next_time == first) page.next_time += is_back ? -1 : 1;
  return page;
}

Result<Page> ReadPage(const Context& context, const UserId& account, const Asked& asked) {
  const bool is_from_newest = asked.time == TimePoint() && asked.direction == FromTime::kBack;
  if (!asked.before && !is_from_newest) return ReadFromTime(context, account, asked);
  auto read =
      context.history.ReadDirectMessages(account, asked.peer, asked.before, asked.limit + 1);
  if (!read) return read.error();
  return CutTo(asked.limit, *std::move(read));
}

}  // namespace

// Newest first: those with a seq in (ReqMsgSeq - ReqMsgNumber, ReqMsgSeq].
Reply GetGroupHistory(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id = fields.Group();
  const std::uint64_t asked_seq = fields.OptionalNumber("ReqMsgSeq");
  const std::uint64_t asked = fields.OptionalNumber("ReqMsgNumber", kMaxPage);
  if (!fields.ok()) return fields.error();
  const Result<OwnGroup> group = FindOwnGroup(request, context, id);
  if (!group) return group.error();
  const std::uint64_t number = group->room.sequence;
  const Result<std::uint64_t> newest = context.history.NewestRoomMessage(number);
  if (!newest) return newest.error();
  const std::uint64_t last = asked_seq == 0 ? *newest : std::min(asked_seq, *newest);
  const std::uint64_t limit = std::clamp<std::uint64_t>(asked, 1, kMaxPage);
  std::uint64_t first = last > limit ? last - limit + 1 : 1;
  auto messages = context.history.ReadRoomMessages(number, first, limit);
  if (!messages) return messages.error();
  std::erase_if(*messages, [last](const StoredMessage& message) { return message.seq > last; });
  std::ranges::reverse(*messages);
  const std::size_t count = CountFitting(*messages);
  if (count < messages->size()) {
    messages->resize(count);
    first = messages->back().seq;
  }
  const GroupLabel label = LabelOf(group->room);
  // An empty list of that kind ends the history; with it, none older is asked for.
  const bool is_end = messages->empty();
  JsonText reply;
  reply.Field("GroupId", id.value)
      .Field("IsFinished", is_end ? 2 : 1)
      .Field("NextReqMsgSeq", is_end ? 0 : first - 1)
      .BeginArray("RspMsgList");
  for (const StoredMessage& message : *messages) {
    reply.Json(GroupMessage(label, message, SenderOf(context, message.content.sender)));
  }
  return std::move(reply.EndArray());
}

Reply GetDirectHistory(const Request& request, const Context& context) {
  const Result<Asked> asked = ReadAsked(request);
  if (!asked) return asked.error();
  const UserId& account = request.caller.account;
  Result<Page> page = ReadPage(context, account, *asked);
  if (!page) return page.error();
  const auto read = context.reads.ReadPositionsFor(account, {&asked->peer, 1});
  if (!read) return read.error();
  const TimePoint read_until = read->empty() ? TimePoint() : read->front().until;
  std::vector<StoredMessage>& messages = page->messages;
  const std::string key = messages.empty() ? "" : PositionText(messages.back().position);
  if (asked->direction == FromTime::kBack) std::ranges::reverse(messages);
  JsonText reply;
  reply.Field("MaxCnt", messages.size())
      .Field("Complete", page->is_complete ? 1 : 0)
      .Field("LastMsgTime", page->next_time)
      .Field("MsgKey", key)
      .BeginArray("MsgList");
  for (const StoredMessage& message : messages) {
    const MessageContent& content = message.content;
    const bool is_read = content.sender == account && content.sent_at <= read_until;
    reply.Json(
        DirectMessage(message, SenderOf(context, content.sender), DirectForm::kPlain, is_read));
  }
  return std::move(reply.EndArray());
}

Reply GetPeerReadTimes(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  std::vector<UserId> peers;
  for (std::string& text : fields.Texts("To_Account", kMaxPeers))
    peers.push_back({std::move(text)});
  if (!fields.ok()) return fields.error();
  const auto positions = context.reads.ReadPositionsFor(request.caller.account, peers);
  if (!positions) return positions.error();
  JsonText reply;
  reply.BeginArray("ReadTime");
  for (const UserId& peer : peers) {
    const auto found = std::ranges::find(*positions, peer, &ReadPosition::reader);
    reply.Json(std::to_string(found == positions->end() ? 0 : UnixSeconds(found->until)));
  }
  return std::move(reply.EndArray());
}

}  // namespace rtcroom::tim
