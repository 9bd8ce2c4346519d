#include "storage/postgres/pg_notice_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/rooms.h"

namespace rtcroom::pg {
namespace {

/// One of each fact, with a value in each member.
std::vector<NoticeFact> AllFacts() {
  const RoomKey room = MakeKey(RoomKind::kLive, "r1");
  const StoredMessage message{.position = 1,
                              .room_number = 2,
                              .seq = std::uint64_t{1} << 53,
                              .receiver = {"bob"},
                              .content = {.sender = {"alice"},
                                          .nick = "A 1",
                                          .client_seq = 3,
                                          .client_random = 4,
                                          .body = std::string("7 \0\n\xFF", 5),
                                          .sent_at = kNoon,
                                          .client_time = 5,
                                          .custom = "{}",
                                          .priority = 4,
                                          .is_unguarded = true,
                                          .wants_receipt = true,
                                          .type = MessageType::kCustom,
                                          .cmd = "c",
                                          .avatar = "a.png"}};
  return {
      GroupsNotice{},
      MemberNotice{.group = {"r1"},
                   .group_name = "é",
                   .account = {"alice"},
                   .nick = "A 1",
                   .image = "a.png",
                   .has_left = true,
                   .members = 2,
                   .number = std::uint64_t{1} << 51,
                   .at = kNoon},
      MessageNotice{.group = {"r1"}, .group_name = "n", .image = "b.png", .message = message},
      ReadNotice{.position = {.reader = {"alice"}, .peer = {"bob"}, .until = kNoon},
                 .is_own = true},
      ReceiptNotice{.reader = {"alice"},
                    .messages = {{.seq = 1, .random = 2, .time = 3, .client_time = 4}, {.seq = 5}}},
      StreamNotice{.room = room, .user_id = {"alice"}, .is_on = true},
      WebEndedNotice{.room = room, .session = "s", .reason = WebEndReason::kTooFast}};
}

TEST(PgNoticeText, HasAllOfEachFact) {
  const std::vector<NoticeFact> facts = AllFacts();
  ASSERT_EQ(facts.size(), std::variant_size_v<NoticeFact>);
  for (std::uint64_t index = 0; index < facts.size(); ++index) {
    EXPECT_EQ(facts[index].index(), index) << "servers tell each other these numbers";
    EXPECT_EQ(DecodeNotice(EncodeNotice(facts[index])), facts[index]);
  }
}

TEST(PgNoticeText, IsReadWhereANewerProgramHasAddedToIt) {
  for (const NoticeFact& fact : AllFacts()) {
    EXPECT_EQ(DecodeNotice(EncodeNotice(fact) + "7 more"), fact);
  }
}

TEST(PgNoticeText, IsNoneInPartOrOfAnUnknownFact) {
  for (const NoticeFact& fact : AllFacts()) {
    std::string text = EncodeNotice(fact);
    for (; !text.empty(); text.pop_back()) {
      const std::string part = text.substr(0, text.size() - 1);
      EXPECT_EQ(DecodeNotice(part), std::nullopt) << part;
    }
  }
  EXPECT_EQ(DecodeNotice("99 "), std::nullopt);
  EXPECT_EQ(DecodeNotice("-1 "), std::nullopt);
  EXPECT_EQ(DecodeNotice(R"({"Event":6})"), std::nullopt);
  EXPECT_EQ(DecodeNotice("4 99999999999999999 a"), std::nullopt) << "a text beyond the end";
}

}  // namespace
}  // namespace rtcroom::pg
