// What the SDK asks for at its start, profiles and codes of failures.
#include "handlers/tim/tim_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/tim_world.h"
#include "tests/unit/tim/recorded.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using testing::IsEmpty;

TEST(TimCommands, EndWhatTheSdkAsksFor) {
  const json none = json::array();
  // The members without which the SDK asks again, or breaks.
  const std::pair<const char*, json> cases[] = {
      {"sns.black_list_get", {{"BlackListItem", none}, {"StartIndex", 0}, {"CurruentSequence", 0}}},
      {"sns.friend_get", {{"UserDataItem", none}, {"CompleteFlag", 1}, {"NextStartIndex", 0}}},
      {"sns.group_get", {{"ResultItem", none}, {"CurrentSequence", 0}}},
      {"sns.pendency_get", {{"PendencyItem", none}, {"StartTime", 0}, {"CurrentSequence", 0}}},
      {"openim.get_c2c_peer_mute_notifications",
       {{"MuteNotificationsList", none}, {"UpdateSeq", 1}}},
      {"recentcontact.get_contact_group",
       {{"GroupItem", none}, {"CompleteFlag", 1}, {"NextStartIndex", 0}}},
      {"million_group_open_http_svc.get_joined_group_list",
       {{"TotalCount", 0}, {"GroupIdList", none}}},
      {"group_open_http_svc.get_group_notify", {{"NextMsgTime", 0}, {"NotifyMsgList", none}}},
      {"group_open_http_svc.get_pendency", {{"NextStartTime", 0}, {"PendencyList", none}}},
      {"million_group_open_http_svc.get_pendency", {{"NextStartTime", 0}, {"PendencyList", none}}},
      {"im_msg_audit_mgr.get_local_words", {{"uint64_complete_flag", 1}}},
      {"openim.authkey", {{"AuthKey", ""}, {"IpList", none}}},
      {"im_sdk_config_mgr.fetch_imsdk_purchase_bitsv2",
       {{"int32_error_code", 0}, {"str_purchase_bits", "0"}, {"uint32_expired_time", 86400}}},
  };
  for (const auto& [servcmd, ends] : cases) {
    const Reply reply = FindCommand(servcmd)->FixedReply();
    const json body = json::parse("{" + std::string(std::get<JsonText>(reply).text()) + "}");
    for (const auto& [name, value] : ends.items()) EXPECT_EQ(body.value(name, json()), value);
  }
}

TEST(FetchConfig, IsATextOfTextsThatEndsReports) {
  TimWorld world;
  const json reply = world.Call(FetchConfig, "alice", {{"uint64_version", 0}});
  EXPECT_EQ(reply["int32_error_code"], 0);
  EXPECT_EQ(reply["uint32_sdkappid"], 1'400'000'001);
  const json config = json::parse(reply["str_json_config"].get<std::string>());
  EXPECT_EQ(config["polling_interval_plus"], "0");
  EXPECT_EQ(config["evt_rpt_sdkappid_bl"], "1400000001");
  EXPECT_EQ(config["q_rpt_sdkappid_bl"], "1400000001");
}

TEST(Profiles, AreThoseThatAccountsHaveSet) {
  TimWorld world;
  const json item = json::array({{{"Tag", "Tag_Profile_IM_Nick"}, {"Value", "Alice"}},
                                 {{"Tag", "Tag_Profile_IM_Image"}, {"Value", "a.png"}},
                                 {{"Tag", "Tag_Profile_IM_Gender"}, {"Value", 1}}});
  EXPECT_EQ(world.Call(SetProfile, "alice", {{"ProfileItem", item}}), json::object());
  const json reply = world.Call(
      GetProfiles, "bob", {{"UserItem", {{{"To_Account", "alice"}}, {{"To_Account", "nobody"}}}}});
  EXPECT_EQ(reply["UserProfileItem"][0], json::parse(kRecordedProfile));
  EXPECT_EQ(reply["UserProfileItem"][1]["ProfileItem"][0]["Value"], "");
  EXPECT_EQ(reply["CurrentStandardSequence"], 0);
}

TEST(Profiles, FitIntoTheStreamWhateverAccountsAreCalled) {
  TimWorld world;
  const json image = {{"Tag", "Tag_Profile_IM_Image"}, {"Value", std::string(1024, '\x01')}};
  (void)world.Call(SetProfile, "alice", {{"ProfileItem", json::array({image})}});
  const json item = {{"To_Account", "alice"}};
  const json reply = world.Call(GetProfiles, "bob", {{"UserItem", std::vector(100, item)}});
  EXPECT_LT(reply.dump().size(), std::size_t{300} << 10);
  EXPECT_EQ(reply["UserProfileItem"].size(), 100u);
}

TEST(Failure, HasTheCodeByWhichTheSdkKnowsTheEndOfALogin) {
  EXPECT_EQ(Failure(Error{Errc::kNoSession, {}}).code, 70001);
  EXPECT_EQ(Failure(Error{Errc::kInstanceKicked, {}}).code, 1002);
  EXPECT_EQ(Failure(Error{Errc::kNotAllowed, {}}).code, 10007);
  EXPECT_EQ(Failure(Error{Errc::kTooManyRequests, {}}).code, 10002);
  EXPECT_EQ(Failure(Error{Errc::kBadRequest, "MsgSeq: missing"}).info, "MsgSeq: missing");
}

}  // namespace
}  // namespace rtcroom::tim
