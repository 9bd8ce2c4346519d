// What the SDK asks for at its start, profiles and codes of failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/tim_world.h"
#include "tests/unit/tim/recorded.h"

namespace rtcroom::tim {
namespace {

using nlohmann::json;
using testing::IsEmpty;

struct StartCase {
  Handler handler = nullptr;
  json ends{};  ///< the members without which the SDK asks again, or breaks
};

TEST(StartCommands, EndWhatTheSdkAsksFor) {
  TimWorld world;
  const json none = json::array();
  const StartCase cases[] = {
      {GetBlackList, {{"BlackListItem", none}, {"StartIndex", 0}, {"CurruentSequence", 0}}},
      {GetFriends, {{"UserDataItem", none}, {"CompleteFlag", 1}, {"NextStartIndex", 0}}},
      {GetFriendGroups, {{"ResultItem", none}, {"CurrentSequence", 0}}},
      {GetFriendPendencies, {{"PendencyItem", none}, {"StartTime", 0}, {"CurrentSequence", 0}}},
      {GetMutedPeers, {{"MuteNotificationsList", none}, {"UpdateSeq", 1}}},
      {GetContactGroups, {{"GroupItem", none}, {"CompleteFlag", 1}, {"NextStartIndex", 0}}},
      {GetJoinedCommunities, {{"TotalCount", 0}, {"GroupIdList", none}}},
      {GetGroupNotices, {{"NextMsgTime", 0}, {"NotifyMsgList", none}}},
      {GetGroupPendencies, {{"NextStartTime", 0}, {"PendencyList", none}}},
      {GetLocalWords, {{"uint64_complete_flag", 1}}},
      {GetAuthKey, {{"AuthKey", ""}, {"IpList", none}}},
      {FetchPurchaseBits,
       {{"int32_error_code", 0}, {"str_purchase_bits", "0"}, {"uint32_expired_time", 86400}}},
      {AcceptReport, json::object()},
  };
  for (const StartCase& one : cases) {
    const json reply = world.Call(one.handler, "alice", json::object());
    for (const auto& [name, value] : one.ends.items()) EXPECT_EQ(reply.value(name, json()), value);
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

TEST(Failure, HasTheCodeByWhichTheSdkKnowsTheEndOfALogin) {
  EXPECT_EQ(Failure(Error{Errc::kNoSession, {}}).code, 70001);
  EXPECT_EQ(Failure(Error{Errc::kInstanceKicked, {}}).code, 1002);
  EXPECT_EQ(Failure(Error{Errc::kNotAllowed, {}}).code, 10007);
  EXPECT_EQ(Failure(Error{Errc::kTooManyRequests, {}}).code, 10002);
  EXPECT_EQ(Failure(Error{Errc::kBadRequest, "MsgSeq: missing"}).info, "MsgSeq: missing");
}

}  // namespace
}  // namespace rtcroom::tim
