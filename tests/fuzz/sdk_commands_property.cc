#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "handlers/channel/channel_fields.h"
#include "tests/fuzz/parser_properties.h"
#include "tests/support/sdk_client.h"
#include "tests/support/tim_world.h"

namespace rtcroom {
namespace {

using nlohmann::json;

/// Those that read their body, in the order of the letters that select them in the corpus: a new
/// one comes last.
constexpr auto kCommands = std::to_array<tim::Handler>({
    tim::GetConversations,     // a
    tim::GetUnread,            // b
    tim::ReportRead,           // c
    tim::ReportGroupRead,      // d
    tim::ReadAll,              // e
    tim::TellReceipts,         // f
    tim::DeleteConversations,  // g
    tim::GetGroupHistory,      // h
    tim::GetDirectHistory,     // i
    tim::GetPeerReadTimes,     // j
    tim::GetJoinedGroups,      // k
    tim::GetOwnGroupInfo,      // l
    tim::GetPublicGroupInfo,   // m
    tim::GetGroupMembers,      // n
    tim::GetGroupMembers,      // o
    tim::GetNamedMembers,      // p
    tim::GetOnlineNumber,      // q
    tim::CreateGroup,          // r
    tim::GetProfiles,          // s
    tim::SetProfile,           // t
    tim::JoinGroup,            // u
    tim::QuitGroup,            // v
    tim::SendToGroup,          // w
    tim::SendDirect,           // x
    tim::DestroyGroup,         // y
});

constexpr std::size_t kMaxReply = std::size_t{1} << 20;

/// Whole frames on a socket, of a login that is in a room: one a line, or after the name of a
/// command and a space the body of its request, whose head is a login's.
constexpr char kFrames = '!';

std::optional<std::string> FaultOfReply(const json& frame) {
  if (!frame.contains("head") || !frame["head"].value("servcmd", json()).is_string() ||
      !frame["head"].value("seq", json()).is_number()) {
    return "a frame without its name: " + frame.dump();
  }
  const json body = frame.value("body", json::object());
  if (body.contains("EventArray")) return std::nullopt;  // a push
  const json code = body.value("ErrorCode", json());
  if (!code.is_number() || body.value("ActionStatus", "") != (code == 0 ? "OK" : "FAIL")) {
    return "a reply without a code: " + frame.dump();
  }
  return std::nullopt;
}

std::optional<std::string> FaultOfFrames(std::string_view lines) {
  ChannelFixture server;
  server.MakeRoom(RoomKind::kMulti, "meet_1");
  const auto client = SdkClient::LoggedIn(server, "alice");
  const auto other = SdkClient::LoggedIn(server, "bob");
  for (SdkClient* const one : {client.get(), other.get()}) (void)one->Join("meet_1");
  const std::string login = client->login().dump();
  for (bool is_last = false; !is_last && client->close_code() == 0;) {
    const std::size_t end = lines.find('\n');
    is_last = end == std::string_view::npos;
    const std::string_view line = lines.substr(0, end);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.starts_with('{')) {
      client->SendText(line);
    } else {
      client->SendText(fmt::format(R"({{"head":{},"servcmd":"{}","seq":7}},"body":{}}})",
                                   login.substr(0, login.size() - 1), line.substr(0, space),
                                   line.substr(space + 1)));
    }
    lines.remove_prefix(is_last ? lines.size() : end + 1);
    server.Follow();
    server.Tick(std::chrono::milliseconds(100));
  }
  for (const json& frame : client->Frames()) {
    if (auto fault = FaultOfReply(frame)) return fault;
  }
  const std::uint16_t code = client->close_code();
  if (code != 0 && code != 1007 && code != 1009 && code != 4008) {
    return "closed with " + std::to_string(code);
  }
  (void)other->Frames();
  if (other->Ask("im_open_status.wshello").value("ErrorCode", -1) != 0) {
    return "another is affected";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FaultOfSdkCommands(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  if (bytes.front() == kFrames) return FaultOfFrames(bytes.substr(1));
  const std::size_t choice = static_cast<unsigned char>(bytes.front()) - std::size_t{'a'};
  const Result<nlohmann::ordered_json> body = ReadCommandBody(bytes.substr(1));
  if (choice >= kCommands.size() || !body) return std::nullopt;
  tim::TimWorld world;
  world.server.MakeRoom(tim::kMeeting.kind, tim::kMeeting.id.value);
  world.Join(tim::kMeeting, "alice");
  world.WriteInRoom(tim::kMeeting, "bob", std::chrono::seconds(1));
  world.Write("bob", "alice", std::chrono::seconds(2));
  tim::Context context = world.context;
  context.maker = &world.maker;
  world.maker.CreateRoom({.kind = RoomKind::kLive,
                          .dialect = Dialect::kGen2,
                          .room_id = RoomId{"party"},
                          .user_id = {"alice"},
                          .type = std::string(kCreatedGroup)},
                         [](const Result<RoomId>&) {});
  ChannelFields fields(*body);
  const tim::Reply reply = kCommands.at(choice)(
      {.caller = world.CallerOf("alice"), .fields = fields, .address = world.address}, context);
  if (const auto* const failure = std::get_if<tim::Failure>(&reply)) {
    if (failure->code == 0 || failure->info.empty()) return "a failure without a word";
    if (!IsUtf8(failure->info)) return "an info that is not UTF-8";
  } else {
    const std::string text = "{" + std::string(std::get<JsonText>(reply).text()) + "}";
    if (text.size() > kMaxReply) return "a reply of " + std::to_string(text.size()) + " bytes";
    if (!json::parse(text, nullptr, false).is_object()) return "no JSON: " + text;
  }
  const json others = world.Call(tim::GetUnread, "bob", json::object());
  if (others.value("SyncFlag", 0) != 2) return "another is affected: " + others.dump();
  return std::nullopt;
}

}  // namespace rtcroom
