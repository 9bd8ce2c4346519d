#include "handlers/tim/tim_lookups.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/channel/message_reads.h"

namespace rtcroom::tim {
namespace {

/// Bounds the names, pictures, data and plain texts that a reply shows. The size of a message in
/// the store leaves them out, or has them without escapes. Honest ones are shorter.
constexpr std::size_t kMaxShownBytes = std::size_t{128} << 10;

}  // namespace

const SenderFacts& Senders::Of(const UserId& account) {
  const auto [sender, is_new] = known_.try_emplace(account);
  if (is_new) {
    sender->second = {.tiny_id = context_.channel.tokens().TinyIdOf(account),
                      .profile = context_.channel.logins().ProfileOf(account)};
  }
  return sender->second;
}

Result<std::vector<AccountGroup>> OwnPlaces(const ChannelInstance& caller, const Context& context) {
  auto places = context.accounts.ReadAccountGroups(caller.account);
  if (!places) return places;
  // The row of a login may be stored after the account has quit the meeting.
  std::erase_if(*places, [&caller](const AccountGroup& place) {
    const std::uint64_t owner = IsMeeting(place.room.kind) ? 0 : caller.instance;
    return place.room_number == 0 || place.instance != owner;
  });
  return places;
}

Result<std::vector<AccountGroup>> OwnMeetings(const ChannelInstance& caller,
                                              const Context& context) {
  auto places = OwnPlaces(caller, context);
  if (!places) return places;
  std::erase_if(*places, [](const AccountGroup& place) { return !IsMeeting(place.room.kind); });
  return places;
}

void RemoveEnded(const Context& context, std::vector<AccountGroup> rows) {
  std::set<std::uint64_t> ended;
  for (const AccountGroup& row : rows) {
    // The row of messages between accounts has the time of the login.
    const bool has_ended =
        row.room_number == 0 &&
        context.channel.logins().HasEnded(
            {.account = row.account, .instance = row.instance, .logged_in = row.joined_at});
    if (has_ended) ended.insert(row.instance);
  }
  std::erase_if(rows, [&](const AccountGroup& row) { return !ended.contains(row.instance); });
  // Rows that stay after a failure go with the next login.
  (void)context.places.Remove(rows);
}

const AccountGroup* FindPlace(std::span<const AccountGroup> places, std::uint64_t room_number) {
  const auto found = std::ranges::find(places, room_number, &AccountGroup::room_number);
  return found == places.end() ? nullptr : &*found;
}

Result<Room> FindRoomOf(const ChannelInstance& caller, const Context& context,
                        const AccountGroup& place) {
  Result<Room> room = context.channel.groups().FindRoomToJoin(caller, place.room.id);
  if (room && room->sequence != place.room_number) return Error{Errc::kRoomNotFound, {}};
  return room;
}

Result<OwnGroup> FindOwnGroup(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  if (!request.fields.ok()) return request.fields.error();
  Result<Room> room = context.channel.groups().FindRoomToJoin(request.caller, id);
  if (!room) return room.error();
  const auto places = OwnPlaces(request.caller, context);
  if (!places) return places.error();
  const AccountGroup* const place = FindPlace(*places, room->sequence);
  if (place == nullptr) return Error{Errc::kNotAllowed, "not in the group"};
  return OwnGroup{.room = *std::move(room), .place = *place};
}

TimePoint ReadUntil(std::span<const ReadPosition> positions, const UserId& reader) {
  const auto found = std::ranges::find(positions, reader, &ReadPosition::reader);
  return found == positions.end() ? TimePoint() : found->until;
}

Result<NewestInRoom> ReadNewest(const Context& context, std::uint64_t room_number) {
  const Result<std::uint64_t> seq = context.history.NewestRoomMessage(room_number);
  if (!seq) return seq.error();
  NewestInRoom newest{.seq = *seq};
  if (*seq == 0) return newest;
  auto messages = context.history.ReadRoomMessages(room_number, *seq, 1);
  if (!messages) return messages.error();
  if (!messages->empty()) newest.message = std::move(messages->front());
  return newest;
}

std::size_t CountFitting(Senders& senders, std::span<const StoredMessage> messages) {
  MessageReads reads(std::max<std::size_t>(messages.size(), 1), kMaxReplyBytes);
  std::string shown;
  std::size_t count = 0;
  while (count < messages.size() && reads.Take(messages[count])) {
    const MessageContent& content = messages[count].content;
    const Account::Profile& sender = senders.Of(content.sender).profile;
    for (const std::string* const text : {&sender.nick, &sender.image, &content.nick,
                                          &content.custom, &content.cmd, &content.avatar}) {
      AppendJsonString(*text, shown);
    }
    if (content.type != MessageType::kElements) AppendJsonString(content.body, shown);
    if (count > 0 && shown.size() > kMaxShownBytes) break;
    ++count;
  }
  return count;
}

TimePoint TimeOf(std::uint64_t seconds) {
  const auto bounded = std::min(seconds, static_cast<std::uint64_t>(kMaxUserSigSeconds));
  return TimePoint(std::chrono::seconds(bounded));
}

}  // namespace rtcroom::tim
