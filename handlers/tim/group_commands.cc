// Groups: which there are, who is in them, and those that users create. Groups exist exactly as
// long as their rooms.
#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/address_key.h"
#include "daemon/channel/group_access_check.h"
#include "daemon/core/ids.h"
#include "daemon/core/room_reach.h"
#include "handlers/channel/channel_codes.h"
#include "handlers/channel/channel_fields.h"
#include "handlers/tim/tim_commands.h"
#include "handlers/tim/tim_json.h"
#include "handlers/tim/tim_lookups.h"

namespace rtcroom::tim {
namespace {

/// Most groups of one reply: each is a few reads of the store.
constexpr std::size_t kMaxGroups = 50;
/// A page of the groups of an account has so many at most. The SDK begins the next page behind as
/// many as it asked for, so a page is given whole or refused; then the SDK asks for a smaller one.
constexpr std::size_t kMaxJoined = 200;
constexpr std::size_t kMaxJoinedOfAnyLength = 50;
/// Most members of one reply.
constexpr std::size_t kMaxMembers = 100;
/// All pages together list so many members of a group, who are collected anew for each page.
constexpr std::size_t kMaxListed = 300;
// The bounds of a created group are those of other rooms.
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxCustomFields = 32;
constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::size_t kMaxValueBytes = 1024;
/// The seconds for which the SDK shows the number of members without asking again.
constexpr int kNumberIsFresh = 60;

/// Accounts in the group, with the time of the join where it is stored; in the order of their
/// names. Of a meeting all, of others those that are connected to this server.
Result<std::map<UserId, TimePoint>> MembersOf(const Context& context, const Room& room) {
  std::map<UserId, TimePoint> members;
  if (IsMeeting(room.key.kind)) {
    const auto rows = context.accounts.ReadAccountsIn(room.sequence, kMaxListed);
    if (!rows) return rows.error();
    for (const AccountGroup& row : *rows) members.emplace(row.account, row.joined_at);
  }
  // Members with other clients than SDKs are listed, too.
  for (UserId& account : context.socket.receivers.UsersIn(room.sequence, kMaxListed)) {
    members.try_emplace(std::move(account));
  }
  return members;
}

/// The object of a room's group. @param place  of the caller; null: it is not in the group.
/// @errors kRoomNotFound; kStoreBusy; kStoreBroken.
Result<std::string> FactsOf(const Context& context, const Room& room, const AccountGroup* place) {
  const Result<NewestInRoom> newest = ReadNewest(context, room.sequence);
  if (!newest) return newest.error();
  return GroupObject(room, *newest, context.socket.receivers.CountIn(room.sequence), place);
}

/// `GroupIdList`: texts, or objects that have one.
std::vector<std::string> GroupIdsOf(ChannelFields& fields) {
  const nlohmann::ordered_json& body = fields.object();
  const auto list = body.find("GroupIdList");
  const bool has_objects =
      list != body.end() && list->is_array() && !list->empty() && list->front().is_object();
  if (!has_objects) return fields.Texts("GroupIdList", kMaxGroups);
  std::vector<std::string> ids;
  for (ChannelFields& element : fields.OptionalObjects("GroupIdList", kMaxGroups)) {
    ids.push_back(element.OptionalText("GroupId"));
  }
  return ids;
}

enum class Asker : std::uint8_t { kAnyone, kMember };

Reply GroupInfo(const Request& request, const Context& context, Asker asker) {
  std::vector<std::string> ids = GroupIdsOf(request.fields);
  if (!request.fields.ok()) return request.fields.error();
  const auto places = OwnPlaces(request.caller, context);
  if (!places) return places.error();
  JsonText reply;
  reply.BeginArray("GroupInfo");
  for (std::string& text : ids) {
    const RoomId id{std::move(text)};
    Result<Room> room = Error{Errc::kRoomNotFound, {}};
    if (IsRoomIdText(id.value)) {
      room = asker == Asker::kMember ? context.channel.groups().FindRoomToJoin(request.caller, id)
                                     : context.channel.groups().FindRoom(request.caller, id);
    }
    const AccountGroup* place = room ? FindPlace(*places, room->sequence) : nullptr;
    // Older SDKs ask for the group between its creation and their join.
    AccountGroup creators;
    if (room && place == nullptr && IsCreatedGroup(*room) &&
        room->creator == request.caller.account) {
      creators = {.account = room->creator, .joined_at = room->created_at};
      place = &creators;
    }
    const bool is_full = reply.text().size() > kMaxReplyBytes;
    const bool is_hidden = place == nullptr && asker == Asker::kMember;
    const Result<std::string> facts = !room       ? room.error()
                                      : is_full   ? Error{Errc::kTooManyRequests, {}}
                                      : is_hidden ? Error{Errc::kNotAllowed, {}}
                                                  : FactsOf(context, *room, place);
    if (facts) {
      reply.Json(*facts);
      continue;
    }
    // A group without facts has its failure in the list, which goes on.
    const Errc failure = facts.error().code;
    if (failure != Errc::kTooManyRequests && !IsRefusal(failure)) return facts.error();
    const ChannelCode& code = ChannelCodeOf({}, failure);
    reply.BeginObject()
        .Field("GroupId", id.value)
        .Field("ErrorCode", code.code)
        .Field("ErrorInfo", code.info)
        .EndObject();
  }
  return std::move(reply.EndArray());
}

std::string MemberOf(const Context& context, const OwnGroup& group, const UserId& account,
                     TimePoint joined_at) {
  return MemberObject(account, account == group.place.account ? group.place.joined_at : joined_at,
                      account == group.room.creator, context.channel.logins().ProfileOf(account));
}

/// `AppDefinedData` as `Room::custom`.
/// @errors kNotJson; kBadRequest.
Result<std::string> ReadCustomFields(ChannelFields& fields) {
  auto elements = fields.OptionalObjects("AppDefinedData", kMaxCustomFields);
  if (!fields.ok()) return fields.error();
  nlohmann::ordered_json custom = nlohmann::ordered_json::object();
  for (ChannelFields& field : elements) {
    const std::string key = field.Text("Key", kMaxKeyBytes);
    if (!field.ok()) {
      return Error{field.error().code, "AppDefinedData: " + field.error().detail};
    }
    const nlohmann::ordered_json value = field.object().value("Value", nlohmann::ordered_json(""));
    if (!value.is_primitive() || value.is_null() || value.dump().size() > kMaxValueBytes) {
      return Error{Errc::kBadRequest,
                   "AppDefinedData: Value: not a string, number or boolean of 1,024 bytes"};
    }
    custom[key] = value;
  }
  return custom.dump();
}

}  // namespace

Reply GetJoinedGroups(const Request& request, const Context& context) {
  const std::uint64_t offset = request.fields.OptionalNumber("Offset");
  const std::uint64_t limit = request.fields.OptionalNumber("Limit", kMaxJoined);
  if (!request.fields.ok()) return request.fields.error();
  // Groups of a login alone are left out: the SDK has forgotten them with that login.
  const auto places = OwnMeetings(request.caller, context);
  if (!places) return places.error();
  // The SDK ends with the page that reaches their number, so that counts only what is listed.
  std::vector<OwnGroup> groups;
  for (const AccountGroup& place : *places) {
    Result<Room> room = FindRoomOf(request.caller, context, place);
    if (room) groups.push_back({.room = *std::move(room), .place = place});
    if (!room && !IsRefusal(room.error().code)) return room.error();
  }
  JsonText list;
  list.BeginArray("GroupIdList");
  for (const auto& [room, place] :
       groups | std::views::drop(std::min<std::size_t>(offset, groups.size())) |
           std::views::take(std::min<std::size_t>(limit, kMaxJoined))) {
    const Result<std::string> facts = FactsOf(context, room, &place);
    if (!facts && !IsRefusal(facts.error().code)) return facts.error();
    if (facts) list.Json(*facts);
    if (limit > kMaxJoinedOfAnyLength && list.text().size() > kMaxReplyBytes) {
      return Failure(code::kReplyTooLong, "too many groups at once");
    }
  }
  return std::move(list.EndArray().Field("TotalCount", groups.size()));
}

Reply GetOwnGroupInfo(const Request& request, const Context& context) {
  return GroupInfo(request, context, Asker::kMember);
}

Reply GetPublicGroupInfo(const Request& request, const Context& context) {
  return GroupInfo(request, context, Asker::kAnyone);
}

Reply GetGroupMembers(const Request& request, const Context& context) {
  const std::uint64_t offset = request.fields.OptionalNumber("Offset");
  const std::uint64_t limit = request.fields.OptionalNumber("Limit", kMaxMembers);
  const Result<OwnGroup> group = FindOwnGroup(request, context);
  if (!group) return group.error();
  const auto members = MembersOf(context, group->room);
  if (!members) return members.error();
  // The larger number counts: the list ends at kMaxListed, and members may have no connection.
  const std::size_t connected =
      members->size() < kMaxListed ? 0 : context.socket.receivers.CountIn(group->room.sequence);
  JsonText reply;
  reply.Field("MemberNum", std::max(members->size(), connected)).BeginArray("MemberList");
  for (const auto& [account, joined_at] :
       *members | std::views::drop(std::min<std::size_t>(offset, members->size())) |
           std::views::take(std::min<std::size_t>(limit, kMaxMembers))) {
    if (reply.text().size() > kMaxReplyBytes) break;
    reply.Json(MemberOf(context, *group, account, joined_at));
  }
  // Each of the two commands ends by one of these: the SDK looks for its own and ignores the other.
  return std::move(reply.EndArray().Json(R"("Next":"","NextTimestamp":0)"));
}

Reply GetNamedMembers(const Request& request, const Context& context) {
  const std::vector<std::string> accounts =
      request.fields.Texts("Member_List_Account", kMaxMembers);
  const Result<OwnGroup> group = FindOwnGroup(request, context);
  if (!group) return group.error();
  const auto members = MembersOf(context, group->room);
  if (!members) return members.error();
  JsonText reply;
  reply.BeginArray("MemberList");
  for (const std::string& text : accounts) {
    const UserId account{text};
    const auto listed = members->find(account);
    const bool is_in = listed != members->end() || account == request.caller.account ||
                       !context.socket.receivers.Of(account, group->room.sequence).empty();
    if (!is_in || reply.text().size() > kMaxNamedBytes) continue;
    const TimePoint joined_at = listed == members->end() ? TimePoint() : listed->second;
    reply.Json(MemberOf(context, *group, account, joined_at));
  }
  return std::move(reply.EndArray());
}

Reply GetOnlineNumber(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  if (!request.fields.ok()) return request.fields.error();
  const Result<Room> room = context.channel.groups().FindRoomToJoin(request.caller, id);
  if (!room) return room.error();
  return JsonText()
      .Field("OnlineMemberNum", context.socket.receivers.CountIn(room->sequence))
      .Field("ExpireTime", kNumberIsFresh);
}

// The application tells an own group from another's by the code.
Reply CreateGroup(const Request& request, const Context& context) {
  const RoomId id{request.fields.OptionalText("GroupId")};
  const std::string type = request.fields.OptionalText("Type");
  std::string name = request.fields.OptionalText("Name", kMaxName);
  if (!request.fields.ok()) return request.fields.error();
  Result<std::string> custom = ReadCustomFields(request.fields);
  if (!custom) return custom.error();
  const bool is_named = !id.value.empty();
  if (is_named && !IsRoomIdText(id.value)) {
    return Error{Errc::kBadRequest, "GroupId: cannot be a group's"};
  }
  const Result<Room> room = is_named ? context.channel.groups().FindRoom(request.caller, id)
                                     : Result<Room>(Error{Errc::kRoomNotFound, {}});
  if (room && room->creator == request.caller.account) return Error{Errc::kRoomExists, {}};
  if (room) return Failure(code::kTakenByAnother, "group of another account");
  if (room.error().code != Errc::kRoomNotFound) return room.error();
  const bool may_create = context.maker != nullptr && type == kCreatedGroup &&
                          IsReached(request.caller.reach, Dialect::kGen2);
  if (!may_create) return Failure(code::kMayNotCreate, "groups are made with their rooms");
  if (context.created.HasMost(request.caller.account)) {
    return Failure(code::kTooManyGroups, "too many groups");
  }
  Result<RoomId> made = Error{Errc::kInternal, {}};
  context.maker->CreateRoom(
      {.kind = RoomKind::kLive,
       .dialect = Dialect::kGen2,
       .room_id = is_named ? std::optional(id) : std::nullopt,
       .user_id = request.caller.account,
       .info = std::move(name),
       .type = std::string(kCreatedGroup),
       .custom = *std::move(custom),
       .owner = {.address = AddressKey(request.address), .user = request.caller.account}},
      [&made](Result<RoomId> outcome) { made = std::move(outcome); });
  if (made) return JsonText().Field("GroupId", made->value).Field("HugeGroupFlag", 1);
  const Errc failure = made.error().code;
  if (failure == Errc::kNotAllowed) return Failure(code::kMayNotCreate, "may create no group");
  if (failure == Errc::kTooManyRooms) return Failure(code::kTooManyGroups, "too many groups");
  if (failure == Errc::kRoomExists) return Failure(code::kTakenByAnother, "taken by another room");
  return made.error();
}

Reply DestroyGroup(const Request& request, const Context& context) {
  const RoomId id = request.fields.Group();
  if (!request.fields.ok()) return request.fields.error();
  const Result<Room> room = context.channel.groups().FindRoom(request.caller, id);
  if (!room) return room.error();
  if (context.maker == nullptr || !IsCreatedGroup(*room)) {
    return Error{Errc::kNotAllowed, "groups end with their rooms"};
  }
  return Done(context.maker->DestroyRoom(
      {.room = room->key, .dialect = room->dialect, .user_id = request.caller.account}));
}

}  // namespace rtcroom::tim
