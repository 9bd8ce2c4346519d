#include "handlers/tim/tim_lookups.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/auth/user_sig.h"
#include "daemon/base/parse_integer.h"
#include "daemon/channel/message_reads.h"

namespace rtcroom::tim {

void TellAccount(const Context& context, const UserId& account, std::string event) {
  context.receivers.notices().Share(
      {.user_id = account, .object = std::move(event), .form = PushForm::kSdk});
}

SenderFacts SenderOf(const Context& context, const UserId& account) {
  Account::Profile profile = context.channel.logins().ProfileOf(account);
  return {.tiny_id = context.tokens.TinyIdOf(account),
          .nick = std::move(profile.nick),
          .image = std::move(profile.image)};
}

Result<std::vector<AccountGroup>> OwnPlaces(const ChannelInstance& caller, const Context& context) {
  auto places = context.groups.ReadAccountGroups(caller.account);
  if (!places) return places;
  std::erase_if(*places, [&caller](const AccountGroup& place) {
    const bool is_own = place.instance == 0 || place.instance == caller.instance;
    return !is_own || place.room_number == 0;
  });
  return places;
}

const AccountGroup* FindPlace(std::span<const AccountGroup> places, std::uint64_t room_number) {
  const AccountGroup* found = nullptr;
  for (const AccountGroup& place : places) {
    if (place.room_number != room_number) continue;
    // The account's own says what was read.
    if (found == nullptr || place.instance == 0) found = &place;
  }
  return found;
}

Result<OwnGroup> FindOwnGroup(const Request& request, const Context& context, const RoomId& id) {
  Result<Room> room = context.channel.groups().FindRoomToJoin(request.caller, id);
  if (!room) return room.error();
  const auto places = OwnPlaces(request.caller, context);
  if (!places) return places.error();
  const AccountGroup* const place = FindPlace(*places, room->sequence);
  if (place == nullptr) return Error{Errc::kNotAllowed, "not in the group"};
  return OwnGroup{.room = *std::move(room), .place = *place};
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

std::size_t CountFitting(std::span<const StoredMessage> messages) {
  MessageReads reads(std::max<std::size_t>(messages.size(), 1), kMaxReplyBytes);
  std::size_t count = 0;
  while (count < messages.size() && reads.Take(messages[count])) ++count;
  return count;
}

std::string PositionText(std::uint64_t position) { return "p" + std::to_string(position); }

std::optional<std::uint64_t> ReadPositionText(std::string_view text) {
  return text.starts_with('p') ? ParseInteger<std::uint64_t>(text.substr(1)) : std::nullopt;
}

TimePoint TimeOf(std::uint64_t seconds) {
  const auto bounded = std::min(seconds, static_cast<std::uint64_t>(kMaxUserSigSeconds));
  return TimePoint(std::chrono::seconds(bounded));
}

}  // namespace rtcroom::tim
