#include "tests/e2e/role_matrix.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using namespace sentences;

const json kNothing = json::object();
const json kProfile = {
    {"userName", "n"}, {"userAvatar", "a"}, {"pushURL", "rtmp://push.invalid/live/8888_s"}};
// For either dialect: each ignores the fields that it does not read.
const json kCreation = {{"userName", "n"},
                        {"userAvatar", "a"},
                        {"pushURL", "rtmp://push.invalid/live/8888_s"},
                        {"roomInfo", "i"},
                        {"roomName", "i"}};
const json kSetting = {{"fieldName", "f"}, {"operation", "set"}, {"value", 1}};
const json kCounting = {{"fieldName", "f"}, {"operation", "inc"}};
const json kMixing = {{"mergeParams", {{"interface", "mix"}}}};
const json kPage = {{"cnt", 20}, {"index", 0}};

}  // namespace

std::ostream& operator<<(std::ostream& out, Role role) {
  constexpr std::array kNames = {"visitor", "member",   "creator", "kicked",
                                 "gen-1",   "stranger", "guesser", "borrower"};
  return out << kNames.at(static_cast<std::size_t>(role));
}

// clang-format off
std::vector<MatrixRow> MatrixRows() {
  return {
    // endpoint, body            visitor          member           creator          kicked           gen-1
    {"get_push_url",    kNothing, kSuccess,       kSuccess,        kSuccess,        kBanned,         kSuccess},
    {"create_room",     kCreation, kRoomTakenGen2, kRoomTakenGen2, kRoomTakenGen2,  kBanned,         kGen1RoomExists},
    {"destroy_room",    kNothing, kNotCreator,    kNotCreator,     kSuccess,        kNotCreator,     kGen1NoRoom},
    {"add_pusher",      kProfile, kSuccess,       kSuccess,        kSuccess,        kBanned,         kGen1NoRoom},
    {"delete_pusher",   kNothing, kCannotLeave,   kSuccess,        kSuccess,        kCannotLeave,    kGen1NoMember},
    {"get_pushers",     kNothing, kSuccess,       kSuccess,        kSuccess,        kSuccess,        kGen1NoRoom},
    {"pusher_heartbeat", kNothing, kNoMember,     kSuccess,        kSuccess,        kNoMember,       kGen1NoMember},
    {"get_room_list",   kPage,    kSuccess,       kSuccess,        kSuccess,        kSuccess,        kSuccess},
    {"logout",          kNothing, kSuccess,       kSuccess,        kSuccess,        kSuccess,        kSuccess, false, true},
    {"merge_stream",    kMixing,  kNoMember,      kInternal,       kInternal,       kNoMember,       kGen1NoRoom, true},
    {"set_custom_field", kSetting, kNoMember,     kSuccess,        kSuccess,        kNoMember,       kNoCredentials, true, true},
    {"set_custom_field", kCounting, kSuccess,     kSuccess,        kSuccess,        kSuccess,        kNoCredentials, true, true},
    {"get_custom_info", kNothing, kSuccess,       kSuccess,        kSuccess,        kSuccess,        kNoCredentials, true},
    {"add_audience",    {{"userInfo", ""}}, kSuccess, kSuccess,    kSuccess,        kSuccess,        kNoCredentials, true},
    {"audience_heartbeat", kNothing, kNoMember,   kNoMember,       kNoMember,       kNoMember,       kNoCredentials, true},
    {"delete_audience", kNothing, kSuccess,       kSuccess,        kSuccess,        kSuccess,        kNoCredentials, true},
    {"get_audiences",   kNothing, kSuccess,       kSuccess,        kSuccess,        kSuccess,        kNoCredentials, true},
  };
}
// clang-format on

ExpectedReply CellOf(const MatrixRow& row, Role role, std::string_view mode) {
  const bool open = mode == "open";
  switch (role) {
    case Role::kVisitor:
      return row.visitor;
    case Role::kMember:
      return row.member;
    case Role::kCreator:
      return row.creator;
    case Role::kKicked:
      return row.kicked;
    case Role::kGen1: {
      // Endpoints of gen-2 alone are gen-2 even without a query (C.1).
      const bool only_gen2 = row.gen1.message == kNoCredentials.message;
      if (only_gen2 && !open) return row.gen1;
      // A caller that no query names is a stranger to endpoints that use the query.
      if (only_gen2) return row.by_query ? row.visitor : row.creator;
      return mode == "token" ? kNotAuthorised : row.gen1;
    }
    // In open mode the named user is trusted.
    case Role::kStranger:
      return open ? row.visitor : kNoCredentials;
    case Role::kGuesser:
      return open ? row.member : kWrongToken;
    case Role::kBorrower:
      if (!open) return kWrongToken;
      return row.by_query ? row.member : row.creator;
  }
  return {};
}

}  // namespace rtcroom
