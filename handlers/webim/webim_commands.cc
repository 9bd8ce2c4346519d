#include "handlers/webim/webim_commands.h"

#include <algorithm>
#include <array>

#include "handlers/webim/command_handlers.h"

namespace rtcroom {
namespace {

// Whatever reads the store is kRead, joins and polls included; only sends, logins and logouts wait
// for a commit. A refused poll or logout would make the client repeat it at once.
constexpr auto kCommands = std::to_array<ChannelCommand>({
    // The polls come first, since most requests are polls.
    {.path = "v1/group_open_long_polling_http_noauth_svc/get_msg",
     .poll = channel::PollGroup,
     .caller = CommandCaller::kAnyone,
     .lane = Lane::kRead,
     .takes_token = false},
    {.path = "v4/openim/longpolling",
     .poll = channel::LongPolling,
     .lane = Lane::kRead,
     .takes_token = false},
    {.path = "v4/openim/login",
     .handler = channel::LogIn,
     .caller = CommandCaller::kLogin,
     .lane = Lane::kWorker},
    // A client whose call fails never polls.
    {.path = "v4/openim/getlongpollingid",
     .handler = channel::GetLongPollingId,
     .takes_token = false},
    {.path = "v4/openim/longpollinglogout",
     .handler = channel::LongPollingLogOut,
     .lane = Lane::kWorker,
     .takes_token = false},
    {.path = "v4/openim/logout",
     .handler = channel::LogOut,
     .lane = Lane::kWorker,
     .takes_token = false},
    {.path = "v4/openim/authkey", .fields = R"("AuthKey":"","IpList":[],"ExpireTime":0)"},
    {.path = "v4/openim/sendmsg", .handler = channel::SendMsg, .lane = Lane::kWorker},
    // Reports are accepted, without effect.
    {.path = "v4/openim/msgreaded"},
    {.path = "v4/openim/getmsg", .handler = channel::GetMsg, .lane = Lane::kRead},
    {.path = "v4/openim/getroammsg", .handler = channel::GetRoamMsg, .lane = Lane::kRead},

    {.path = "v4/profile/portrait_get", .handler = channel::PortraitGet},
    {.path = "v4/profile/portrait_set", .handler = channel::PortraitSet},

    // With an entry the client would fetch the messages that it believes to lack.
    {.path = "v4/group_open_http_svc/get_joined_group_list",
     .fields = R"("TotalCount":0,"GroupIdList":[])"},
    {.path = "v4/group_open_http_svc/apply_join_group",
     .handler = channel::ApplyJoinGroup,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/quit_group", .handler = channel::QuitGroup},
    {.path = "v4/group_open_http_svc/send_group_msg",
     .handler = channel::SendGroupMsg,
     .lane = Lane::kWorker},
    {.path = "v4/group_open_http_svc/group_msg_get",
     .handler = channel::GroupMsgGet,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/msg_read_report"},
    {.path = "v4/group_open_http_svc/create_group",
     .handler = channel::CreateGroup,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/destroy_group", .handler = channel::DestroyGroup},
    {.path = "v4/group_open_http_svc/get_group_info",
     .handler = channel::GetGroupInfo,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/get_group_public_info",
     .handler = channel::GetGroupInfo,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/get_group_member_info",
     .handler = channel::GetGroupMemberInfo,
     .lane = Lane::kRead},
    {.path = "v4/group_open_http_svc/get_role_in_group",
     .handler = channel::GetRoleInGroup,
     .lane = Lane::kRead},

    {.path = "v4/recentcontact/get", .handler = channel::RecentContactGet, .lane = Lane::kRead},
    {.path = "v4/imopenstat/web_report"},
});

}  // namespace

std::span<const ChannelCommand> AllChannelCommands() { return kCommands; }

const ChannelCommand* FindChannelCommand(std::string_view path) {
  const auto* const found = std::ranges::find(kCommands, path, &ChannelCommand::path);
  return found == kCommands.end() ? nullptr : found;
}

}  // namespace rtcroom
