#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include "daemon/base/text.h"
#include "handlers/channel/channel_fields.h"
#include "tests/fuzz/parser_properties.h"
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
    tim::GetLiveMembers,       // o
    tim::GetNamedMembers,      // p
    tim::GetOnlineNumber,      // q
    tim::CreateGroup,          // r
    tim::GetProfiles,          // s
    tim::SetProfile,           // t
});

constexpr std::size_t kMaxReply = std::size_t{1} << 20;

}  // namespace

std::optional<std::string> FaultOfSdkCommands(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::size_t choice = static_cast<unsigned char>(bytes.front()) - std::size_t{'a'};
  const Result<nlohmann::ordered_json> body = ReadCommandBody(bytes.substr(1));
  if (choice >= kCommands.size() || !body) return std::nullopt;
  tim::TimWorld world;
  world.server.MakeRoom(tim::kMeeting.kind, tim::kMeeting.id.value);
  world.Join(tim::kMeeting, "alice");
  world.WriteInRoom(tim::kMeeting, "bob", std::chrono::seconds(1));
  world.Write("bob", "alice", std::chrono::seconds(2));
  const tim::Reply reply = kCommands.at(choice)(
      {.caller = world.CallerOf("alice"), .body = *body, .address = world.address}, world.context);
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
