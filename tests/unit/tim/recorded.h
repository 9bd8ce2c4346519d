// What servers have answered today's IM SDKs with, recorded, and how replies are compared with it.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace rtcroom::tim {

/// How `made` differs from what was recorded: a member is missing, or has another type. Members
/// that were not recorded are no difference, nor are empty lists. Empty: it does not differ.
inline std::string Difference(const nlohmann::json& recorded, const nlohmann::json& made,
                              const std::string& path = {}) {
  const bool are_numbers = recorded.is_number() && made.is_number();
  if (!are_numbers && recorded.type() != made.type()) return path + ": of another type";
  if (recorded.is_array() && !recorded.empty() && !made.empty()) {
    return Difference(recorded[0], made[0], path + "[0]");
  }
  if (!recorded.is_object()) return {};
  for (const auto& [name, value] : recorded.items()) {
    if (!made.contains(name)) return path + "/" + name + ": missing";
    if (std::string inner = Difference(value, made[name], path + "/" + name); !inner.empty()) {
      return inner;
    }
  }
  return {};
}

inline constexpr std::string_view kRecordedDirect =
    R"({"From_Account":"alice","To_Account":"bob","MsgTimeStamp":1700000000,"MsgSeq":3526400001,)"
    R"("MsgRandom":9294424,"ClientSeq":3526400001,"MsgClientTime":1700000000,)"
    R"("TinyId":"144115200000000001","MsgBody":[{"MsgType":"TIMTextElem",)"
    R"("MsgContent":{"Text":"hello"}}],"CloudCustomData":"{\"k\":1}",)"
    R"("From_AccountNick":"Alice","From_AccountHeadurl":"a.png","MsgFlagBits":0,)"
    R"("IsNeedReadReceipt":0,"IsPeerRead":1,"MsgKey":"3526400001_9294424_1795670800"})";

inline constexpr std::string_view kRecordedGroupMessage =
    R"({"Event":3,"From_Account":"alice","ToGroupId":"meet_1","MsgSeq":3,"MsgRandom":62278971,)"
    R"("ClientSeq":3526470005,"MsgTimeStamp":1700000008,"MsgClientTime":1700000008,)"
    R"("TinyId":"144115200000000001","MsgPriority":2,"MsgBody":[{"MsgType":"TIMTextElem",)"
    R"("MsgContent":{"Text":"hi 2"}}],"CloudCustomData":"","GroupInfo":{"GroupId":"meet_1",)"
    R"("GroupName":"n","From_AccountNick":"Alice","From_AccountHeadurl":"a.png",)"
    R"("MsgFrom_AccountExtraInfo":{}},"IsPlaceMsg":0,"OnlineOnlyFlag":0})";

inline constexpr std::string_view kRecordedTip =
    R"({"Event":6,"GroupTips":[{"Event":6,"From_Account":"@TIM#SYSTEM","ToGroupId":"live_1",)"
    R"("MsgSeq":8589934596,"MsgRandom":1534814302,"MsgTimeStamp":1700000008,)"
    R"("MsgClientTime":1700000008,"MsgBody":{"OpType":1,"Operator_Account":"bob",)"
    R"("List_Account":["bob"],"MsgOperatorMemberExtraInfo":{"UserId":"bob","NickName":"",)"
    R"("ImageUrl":""},"MsgMemberExtraInfo":[{"UserId":"bob","NickName":"","ImageUrl":""}],)"
    R"("MemberNum":2,"GroupJoinType":1},"GroupInfo":{"GroupId":"live_1","GroupName":"n",)"
    R"("From_AccountNick":"","From_AccountHeadurl":"","MsgFrom_AccountExtraInfo":{}},)"
    R"("IsSystemMsg":1}]})";

inline constexpr std::string_view kRecordedNotice =
    R"({"Event":5,"GroupTips":[{"From_Account":"@TIM#SYSTEM","To_Account":"alice",)"
    R"("ToGroupId":"meet_1","MsgSeq":1746165466,"MsgRandom":1603834301,"MsgTimeStamp":1700000012,)"
    R"("MsgBody":{"ReportType":5,"Operator_Account":"alice","MsgKey":1700000012102},)"
    R"("GroupInfo":{"GroupId":"meet_1","GroupName":"n","From_AccountNick":"",)"
    R"("From_AccountHeadurl":"","MsgFrom_AccountExtraInfo":{}}}]})";

inline constexpr std::string_view kRecordedGroup =
    R"({"GroupId":"live_1","Type":"AVChatRoom","Name":"n","Introduction":"i","Notification":"",)"
    R"("FaceUrl":"","Owner_Account":"alice","CreateTime":1700000008,"InfoSeq":1,)"
    R"("LastInfoTime":1700000008,"LastMsgTime":0,"NextMsgSeq":1,"MemberNum":1,"MaxMemberNum":300,)"
    R"("ApplyJoinOption":"FreeAccess","InviteJoinOption":"FreeAccess","ShutUpAllMember":"Off",)"
    R"("SupportTopic":0,"AppDefinedData":[{"Key":"partyBeginTime","Value":"1627700000"}],)"
    R"("ErrorCode":0,"ErrorInfo":"","SelfInfo":{"Role":"Owner","JoinTime":1700000008,)"
    R"("MsgFlag":"AcceptAndNotify","MsgSeq":0,"NameCard":""},"MemberList":[{)"
    R"("Member_Account":"alice","Role":"Owner","JoinTime":1700000008,"MsgFlag":"AcceptAndNotify",)"
    R"("MsgSeq":0,"NameCard":""}]})";

inline constexpr std::string_view kRecordedMember =
    R"({"Member_Account":"alice","Role":"Owner","JoinTime":1700000008,"NameCard":"",)"
    R"("ShutUpUntil":0,"NickName":"Alice","FaceUrl":""})";

inline constexpr std::string_view kRecordedProfile =
    R"({"To_Account":"alice","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Alice"},)"
    R"({"Tag":"Tag_Profile_IM_Image","Value":"a.png"}],"ResultCode":0,"ResultInfo":""})";

inline constexpr std::string_view kRecordedConversation =
    R"({"Type":1,"To_Account":"bob","C2cNick":"","C2cImage":"","MsgTimeStamp":1700000001,)"
    R"("MsgSeq":3526400002,"LastC2CMsgFrom_Account":"alice","MsgShow":"","LastMsgFlags":8,)"
    R"("LastMsg":{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"oops"}}],)"
    R"("CloudCustomData":""},"C2cPeerReadTime":1700000001,"UnreadMsgCount":1,"TopFlags":0})";

}  // namespace rtcroom::tim
