// Groups: which there are, and who is in them. Groups exist exactly as long as their rooms.
#include <algorithm>
#include <utility>
#include <vector>

#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/tim/tim_handlers.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

/// Most groups of one reply: each is a few reads of the store.
constexpr std::size_t kMaxGroups = 50;
/// Most groups of a page of those that the account is in: the SDK asks for the next page behind as
/// many as it asked for.
constexpr std::size_t kMaxJoined = 200;
/// Most members of one reply.
constexpr std::size_t kMaxMembers = 100;
/// Members of a group that are listed at all.
constexpr std::size_t kMaxListed = 300;
/// For how many seconds the SDK shows the number of members without asking again.
constexpr int kNumberIsFresh = 60;

/// Logins in the group, on this server.
std::size_t CountIn(const Context& context, std::uint64_t room_number) {
  return context.channel.groups().CountIn(room_number) + context.receivers.CountIn(room_number);
}

/// Accounts in the group, each once, in the order of their names.
std::vector<UserId> AccountsIn(const Context& context, std::uint64_t room_number) {
  std::vector<UserId> accounts = context.channel.groups().UsersIn(room_number, kMaxListed);
  std::ranges::move(context.receivers.UsersIn(room_number, kMaxListed),
                    std::back_inserter(accounts));
  std::ranges::sort(accounts);
  accounts.erase(std::ranges::unique(accounts).begin(), accounts.end());
  return accounts;
}

/// Writes the facts of a room. @param place  of the caller; null: it is not in the group.
Status WriteRoom(const Context& context, const Room& room, const AccountGroup* place,
                 JsonText& out) {
  const Result<NewestInRoom> newest = ReadNewest(context, room.sequence);
  if (!newest) return newest.error();
  WriteGroup({.room = room,
              .newest_seq = newest->seq,
              .last_message_at = newest->message ? newest->message->content.sent_at : TimePoint(),
              .members = CountIn(context, room.sequence)},
             place, out);
  return {};
}

/// Whether a list goes on without the group that failed so.
bool IsOfOneGroup(Errc failure) {
  return failure == Errc::kRoomNotFound || failure == Errc::kNotAllowed;
}

void WriteFailure(std::string_view id, Errc failure, JsonText& out) {
  const ChannelCode& code = ChannelCodeOf({}, failure);
  WriteNoGroup(id, code.code, code.info, out);
}

/// `GroupIdList`: texts, or objects that have one.
std::vector<std::string> GroupIdsOf(const Request& request, ChannelFields& fields) {
  const auto list = request.body.find("GroupIdList");
  const bool has_objects =
      list != request.body.end() && list->is_array() && !list->empty() && list->front().is_object();
  if (!has_objects) return fields.Texts("GroupIdList", kMaxGroups);
  std::vector<std::string> ids;
  for (const auto* const element : fields.OptionalObjects("GroupIdList", kMaxGroups)) {
    ids.push_back(ChannelFields(*element).OptionalText("GroupId"));
  }
  return ids;
}

enum class Asker : std::uint8_t { kAnyone, kMember };

Reply GroupInfo(const Request& request, const Context& context, Asker asker) {
  ChannelFields fields(request.body);
  std::vector<std::string> ids = GroupIdsOf(request, fields);
  if (!fields.ok()) return fields.error();
  const auto places = OwnPlaces(request, context);
  if (!places) return places.error();
  JsonText reply;
  reply.BeginArray("GroupInfo");
  for (std::string& text : ids) {
    const RoomId id{std::move(text)};
    Result<Room> room = Error{Errc::kRoomNotFound, {}};
    if (IsGroupName(id.value)) {
      room = asker == Asker::kMember ? context.channel.groups().FindRoomToJoin(request.caller, id)
                                     : context.channel.groups().FindRoom(request.caller, id);
    }
    const AccountGroup* const place = room ? FindPlace(*places, room->sequence) : nullptr;
    Status written;
    if (!room) {
      written = room.error();
    } else if (reply.text().size() > kMaxReplyBytes) {
      WriteFailure(id.value, Errc::kTooManyRequests, reply);
    } else if (place == nullptr && asker == Asker::kMember) {
      written = Error{Errc::kNotAllowed, {}};
    } else {
      written = WriteRoom(context, *room, place, reply);
    }
    if (written) continue;
    if (!IsOfOneGroup(written.error().code)) return written.error();
    WriteFailure(id.value, written.error().code, reply);
  }
  return std::move(reply.EndArray());
}

MemberView MemberOf(const Context& context, const OwnGroup& group, const UserId& account) {
  return {.account = account,
          .joined_at = account == group.place.account ? group.place.joined_at : TimePoint(),
          .is_owner = account == group.room.creator,
          .profile = context.channel.logins().ProfileOf(account)};
}

/// Writes `MemberNum` and `MemberList` from an offset on.
void WriteMembers(const Context& context, const OwnGroup& group, std::uint64_t offset,
                  std::uint64_t limit, JsonText& out) {
  const std::vector<UserId> accounts = AccountsIn(context, group.room.sequence);
  // One of the lists may have left some out.
  const std::size_t count =
      accounts.size() < kMaxListed ? accounts.size() : CountIn(context, group.room.sequence);
  out.Field("MemberNum", AsNumber(count)).BeginArray("MemberList");
  const std::size_t begin = std::min<std::size_t>(offset, accounts.size());
  const std::size_t end = begin + std::min<std::size_t>(limit, accounts.size() - begin);
  for (std::size_t i = begin; i < end && out.text().size() <= kMaxReplyBytes; ++i) {
    WriteMember(MemberOf(context, group, accounts[i]), out);
  }
  out.EndArray();
}

}  // namespace

Reply GetJoinedGroups(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const std::uint64_t offset = fields.OptionalNumber("Offset");
  const std::uint64_t limit = fields.OptionalNumber("Limit", kMaxJoined);
  if (!fields.ok()) return fields.error();
  auto places = OwnPlaces(request, context);
  if (!places) return places.error();
  // Those of a login are forgotten with it, which the SDK knows.
  std::erase_if(*places, [](const AccountGroup& place) {
    return place.instance != 0 || !IsMeeting(place.room.kind);
  });
  std::size_t count = places->size();
  const std::size_t begin = std::min<std::size_t>(offset, count);
  const std::size_t end = begin + std::min({std::size_t{limit}, kMaxJoined, count - begin});
  JsonText list;
  list.BeginArray("GroupIdList");
  for (std::size_t i = begin; i < end && list.text().size() <= kMaxReplyBytes; ++i) {
    const AccountGroup& place = places->at(i);
    const Result<Room> room =
        context.channel.groups().FindRoomToJoin(request.caller, place.room.id);
    Status written = room ? Status() : room.error();
    if (room && room->sequence != place.room_number) written = Error{Errc::kRoomNotFound, {}};
    if (written) written = WriteRoom(context, *room, &place, list);
    if (written) continue;
    if (!IsOfOneGroup(written.error().code)) return written.error();
    --count;
  }
  list.EndArray();
  return std::move(list.Field("TotalCount", AsNumber(count)));
}

Reply GetOwnGroupInfo(const Request& request, const Context& context) {
  return GroupInfo(request, context, Asker::kMember);
}

Reply GetPublicGroupInfo(const Request& request, const Context& context) {
  return GroupInfo(request, context, Asker::kAnyone);
}

Reply GetGroupMembers(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id = fields.Group();
  const std::uint64_t offset = fields.OptionalNumber("Offset");
  const std::uint64_t limit = fields.OptionalNumber("Limit", kMaxMembers);
  if (!fields.ok()) return fields.error();
  const Result<OwnGroup> group = FindOwnGroup(request, context, id);
  if (!group) return group.error();
  JsonText reply;
  WriteMembers(context, *group, offset, std::min<std::uint64_t>(limit, kMaxMembers), reply);
  return std::move(reply.Field("Next", ""));
}

Reply GetLiveMembers(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id = fields.Group();
  if (!fields.ok()) return fields.error();
  const Result<OwnGroup> group = FindOwnGroup(request, context, id);
  if (!group) return group.error();
  JsonText reply;
  WriteMembers(context, *group, 0, kMaxMembers, reply);
  return std::move(reply.Field("NextTimestamp", 0));
}

Reply GetNamedMembers(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id = fields.Group();
  std::vector<UserId> accounts;
  for (std::string& text : fields.Texts("Member_List_Account", kMaxMembers)) {
    accounts.push_back({std::move(text)});
  }
  if (!fields.ok()) return fields.error();
  const Result<OwnGroup> group = FindOwnGroup(request, context, id);
  if (!group) return group.error();
  const auto are_polling = context.channel.groups().AreMembers(request.caller, id, accounts);
  if (!are_polling) return are_polling.error();
  JsonText reply;
  reply.BeginArray("MemberList");
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const bool is_in = are_polling->at(i) || accounts[i] == request.caller.account ||
                       context.receivers.IsIn(group->room.sequence, accounts[i]);
    if (is_in) WriteMember(MemberOf(context, *group, accounts[i]), reply);
  }
  return std::move(reply.EndArray());
}

Reply GetOnlineNumber(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id = fields.Group();
  if (!fields.ok()) return fields.error();
  const Result<Room> room = context.channel.groups().FindRoomToJoin(request.caller, id);
  if (!room) return room.error();
  return JsonText()
      .Field("OnlineMemberNum", AsNumber(CountIn(context, room->sequence)))
      .Field("ExpireTime", kNumberIsFresh);
}

// The application tells an own group from another's by the code.
Reply CreateGroup(const Request& request, const Context& context) {
  ChannelFields fields(request.body);
  const RoomId id{fields.OptionalText("GroupId")};
  if (!fields.ok()) return fields.error();
  const Result<Room> room = IsGroupName(id.value)
                                ? context.channel.groups().FindRoom(request.caller, id)
                                : Result<Room>(Error{Errc::kRoomNotFound, {}});
  if (!room && room.error().code != Errc::kRoomNotFound) return room.error();
  if (!room) return Error{Errc::kNotAllowed, "groups are made with their rooms"};
  if (room->creator == request.caller.account) return Error{Errc::kRoomExists, {}};
  return Failure(code::kTakenByAnother, "group of another account");
}

Reply DestroyGroup(const Request& /*request*/, const Context& /*context*/) {
  return Error{Errc::kNotAllowed, "groups end with their rooms"};
}

Reply GetJoinedCommunities(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().Field("TotalCount", 0).BeginArray("GroupIdList").EndArray();
}

// Without the ends of these lists the SDK asks for more at once, for ever.
Reply GetGroupNotices(const Request& /*request*/, const Context& /*context*/) {
  return JsonText()
      .Field("NextMsgTime", 0)
      .BeginArray("NotifyMsgList")
      .EndArray()
      .BeginArray("NotifyRspList")
      .EndArray();
}

Reply GetGroupPendencies(const Request& /*request*/, const Context& /*context*/) {
  return JsonText().BeginArray("PendencyList").EndArray().Field("NextStartTime", 0);
}

}  // namespace rtcroom::tim
