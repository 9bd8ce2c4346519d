#include "handlers/channel_commands.h"

#include <algorithm>
#include <array>

#include "handlers/channel_handlers.h"

namespace rtcroom {
namespace {

// Joins, quits and reads are inline, since they never wait for a commit; polls, too, since they
// only leave a responder. A refused poll or logout would make the client repeat it at once.
constexpr auto kCommands = std::to_array<ChannelCommand>({
    {.path = "v4/openim/login",
     .handler = channel::LogIn,
     .caller = CommandCaller::kLogin,
     .lane = Lane::kWorker},
    // A client whose call fails never polls.
    {.path = "v4/openim/getlongpollingid",
     .handler = channel::GetLongPollingId,
     .takes_token = false},
    {.path = "v4/openim/longpolling", .poll = channel::LongPolling, .takes_token = false},
    {.path = "v4/openim/longpollinglogout",
     .handler = channel::LongPollingLogOut,
     .takes_token = false},
    {.path = "v4/openim/logout", .handler = channel::LogOut, .takes_token = false},
    {.path = "v4/openim/authkey", .handler = channel::AuthKey},
    {.path = "v4/openim/sendmsg", .handler = channel::SendMsg, .lane = Lane::kWorker},
    {.path = "v4/openim/msgreaded", .handler = channel::Report},
    {.path = "v4/openim/getmsg", .handler = channel::GetMsg},
    {.path = "v4/openim/getroammsg", .handler = channel::GetRoamMsg},

    {.path = "v4/profile/portrait_get", .handler = channel::PortraitGet},
    {.path = "v4/profile/portrait_set", .handler = channel::PortraitSet},

    {.path = "v4/group_open_http_svc/get_joined_group_list",
     .handler = channel::GetJoinedGroupList},
    {.path = "v4/group_open_http_svc/apply_join_group", .handler = channel::ApplyJoinGroup},
    {.path = "v4/group_open_http_svc/quit_group", .handler = channel::QuitGroup},
    {.path = "v4/group_open_http_svc/send_group_msg",
     .handler = channel::SendGroupMsg,
     .lane = Lane::kWorker},
    {.path = "v4/group_open_http_svc/group_msg_get", .handler = channel::GroupMsgGet},
    {.path = "v4/group_open_http_svc/msg_read_report", .handler = channel::Report},
    {.path = "v4/group_open_http_svc/create_group", .handler = channel::CreateGroup},
    {.path = "v4/group_open_http_svc/destroy_group", .handler = channel::DestroyGroup},
    {.path = "v4/group_open_http_svc/get_group_info", .handler = channel::GetGroupInfo},
    {.path = "v4/group_open_http_svc/get_group_public_info", .handler = channel::GetGroupInfo},
    {.path = "v4/group_open_http_svc/get_group_member_info",
     .handler = channel::GetGroupMemberInfo},
    {.path = "v4/group_open_http_svc/get_role_in_group", .handler = channel::GetRoleInGroup},
    {.path = "v1/group_open_long_polling_http_noauth_svc/get_msg",
     .poll = channel::PollGroup,
     .caller = CommandCaller::kAnyone,
     .takes_token = false},

    {.path = "v4/recentcontact/get", .handler = channel::RecentContactGet},
    {.path = "v4/imopenstat/web_report", .handler = channel::Report},
});

}  // namespace

std::span<const ChannelCommand> AllChannelCommands() { return kCommands; }

const ChannelCommand* FindChannelCommand(std::string_view path) {
  const auto* const found = std::ranges::find(kCommands, path, &ChannelCommand::path);
  return found == kCommands.end() ? nullptr : found;
}

}  // namespace rtcroom
