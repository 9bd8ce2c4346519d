// Store contract: messages in rooms and from one user to another.
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/mail.h"
#include "tests/contract/store_contract.h"
#include "tests/support/in_parallel.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMaxNumber = std::numeric_limits<std::uint64_t>::max();

TEST_P(StoreContract, CountsTheMessagesOfEachRoomFromOne) {
  Mail mail(*store_);
  const std::uint64_t first = mail.CreateRoom("r1");
  const std::uint64_t second = mail.CreateRoom("r2");
  EXPECT_EQ(mail.AppendTo(first, "a").seq, 1u);
  EXPECT_EQ(mail.AppendTo(second, "b").seq, 1u);
  EXPECT_EQ(mail.AppendTo(first, "c").seq, 2u);
  EXPECT_EQ(mail.NewestIn(first), 2u);
  EXPECT_EQ(mail.NewestIn(second), 1u);
}

TEST_P(StoreContract, ReturnsAMessageAsItWasSent) {
  Mail mail(*store_);
  constexpr char kText[] = "\xF0\x9F\x98\x80 'quoted' \"twice\" 100% ?1 \\ \n\t \0 end";
  const MessageContent content{.sender = {"b%o'b"},
                               .nick = std::string(kText, sizeof(kText) - 1),
                               .client_seq = std::uint64_t{1} << 53,
                               .client_random = 0,
                               .body = std::string(16 << 10, '\'') + kText,
                               .sent_at = kNoon + std::chrono::milliseconds(7),
                               .client_time = std::uint64_t{1} << 53,
                               .custom = kText,
                               .priority = 4,
                               .is_unguarded = true,
                               .wants_receipt = true,
                               .type = MessageType::kCustom,
                               .cmd = kText,
                               .avatar = kText};
  const std::uint64_t room = mail.CreateRoom();
  const auto in_room = store_->messages().AppendMessage({.room_number = room, .content = content});
  ASSERT_OK(in_room);
  EXPECT_EQ(*in_room,
            (StoredMessage{
                .position = in_room->position, .room_number = room, .seq = 1, .content = content}));
  const auto direct = store_->messages().AppendMessage({.receiver = {"a'my"}, .content = content});
  ASSERT_OK(direct);
  EXPECT_EQ(*direct, (StoredMessage{
                         .position = direct->position, .receiver = {"a'my"}, .content = content}));
  EXPECT_THAT(mail.All(), ElementsAre(*in_room, *direct));
  EXPECT_THAT(mail.InRoom(room), ElementsAre(*in_room));
  EXPECT_THAT(*store_->messages().ReadDirectMessages({"a'my"}, content.sender, {}, 10),
              ElementsAre(*direct));
  EXPECT_THAT(*store_->messages().ReadPendingMessages({"a'my"}, {}, 10), ElementsAre(*direct));
  EXPECT_THAT(*store_->messages().ReadConversations({"a'my"}, 10), ElementsAre(*direct));
}

TEST_P(StoreContract, TellsElementsFromTextsAndCustomMessages) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  std::vector<StoredMessage> sent;
  std::uint64_t bytes = 0;
  for (const MessageType type :
       {MessageType::kElements, MessageType::kText, MessageType::kCustom}) {
    MessageContent content = MakeMessage("amy", "[]");
    content.type = type;
    if (type == MessageType::kCustom) content.cmd = "cmd";
    if (type != MessageType::kElements) content.avatar = "avatar";
    sent.push_back(*store_->messages().AppendMessage({.room_number = room, .content = content}));
    bytes += StoredBytes(sent.back());
  }
  EXPECT_EQ(mail.InRoom(room), sent);
  EXPECT_EQ(mail.Trim({.max_bytes = bytes}), 0u);
  EXPECT_EQ(mail.Trim({.max_bytes = bytes - 1}), 1u);
}

TEST_P(StoreContract, RefusesAMessageToARoomThatDoesNotLive) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "a");
  mail.DestroyRoom();
  for (const std::uint64_t number : {std::uint64_t{0}, room, room + 1, kMaxNumber}) {
    EXPECT_ERROR(kRoomNotFound,
                 store_->messages().AppendMessage(
                     {.room_number = number, .content = MakeMessage("amy", "late")}));
    EXPECT_ERROR(kRoomNotFound, store_->messages().NewestRoomMessage(number));
  }
  EXPECT_THAT(mail.InRoom(room), IsEmpty());
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("a")) << "it is still stored";
  EXPECT_EQ(listener_.message_reports(), 1);
}

TEST_P(StoreContract, CountsMessagesFromOneInALaterRoomWithTheSameId) {
  Mail mail(*store_);
  const std::uint64_t first = mail.CreateRoom();
  mail.AppendTo(first, "a");
  mail.AppendTo(first, "b");
  mail.DestroyRoom();
  const std::uint64_t second = mail.CreateRoom();
  EXPECT_EQ(mail.NewestIn(second), 0u);
  EXPECT_THAT(mail.InRoom(second), IsEmpty());
  EXPECT_EQ(mail.AppendTo(second, "c").seq, 1u);
}

TEST_P(StoreContract, KeepsTheNewestMessagesOfARoom) {
  OpenStore({.max_room_messages = 3});
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  const std::uint64_t other = mail.CreateRoom("r2");
  mail.AppendTo(other, "other");
  mail.Send("amy", "bob", "direct");
  for (int i = 1; i <= 5; ++i) mail.AppendTo(room, std::to_string(i));
  EXPECT_THAT(SeqsOf(mail.InRoom(room)), ElementsAre(3, 4, 5));
  EXPECT_EQ(mail.NewestIn(room), 5u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("other", "direct", "3", "4", "5"));
}

TEST_P(StoreContract, StoresARepeatedMessageOnce) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  const std::uint64_t other = mail.CreateRoom("r2");
  MessageContent first = MakeMessage("amy", "first");
  first.client_time = 7;
  first.custom = "custom";
  first.priority = 1;
  first.is_unguarded = true;
  first.type = MessageType::kCustom;
  first.cmd = "cmd";
  first.avatar = "avatar";
  MessageContent again = first;
  again.body = "again";
  again.client_time = 8;
  again.custom = "";
  again.priority = 2;
  again.is_unguarded = false;
  again.type = MessageType::kText;
  again.cmd = "";
  again.avatar = "";
  again.nick = "another";
  again.client_seq = 7;
  const auto in_room = store_->messages().AppendMessage({.room_number = room, .content = first});
  const auto direct = store_->messages().AppendMessage({.receiver = {"bob"}, .content = first});
  ASSERT_TRUE(in_room->is_new && direct->is_new);
  const RepeatsAfter by_order{.position = in_room->position - 1};
  const RepeatsAfter by_date{.position = direct->position, .sent_at = kNoon - seconds(1)};
  for (const RepeatsAfter& repeats : {RepeatsAfter(), by_order, by_date}) {
    again.sent_at += std::chrono::hours(1);
    EXPECT_EQ(*store_->messages().AppendMessage({.room_number = room, .content = again}, repeats),
              (AppendedMessage{*in_room, false}));
    EXPECT_EQ(*store_->messages().AppendMessage({.receiver = {"bob"}, .content = again}, repeats),
              (AppendedMessage{*direct, false}));
  }
  EXPECT_THAT(mail.All(), ElementsAre(*in_room, *direct));
  EXPECT_EQ(mail.NewestIn(room), 1u);
  EXPECT_EQ(listener_.message_reports(), 2);
  // A message of another place, sender or number, or one that is too old, is not repeated.
  EXPECT_TRUE(store_->messages().AppendMessage({.room_number = other, .content = again})->is_new);
  EXPECT_TRUE(store_->messages().AppendMessage({.receiver = {"zoe"}, .content = again})->is_new);
  const RepeatsAfter none{.position = direct->position, .sent_at = kNoon};
  EXPECT_EQ(store_->messages().AppendMessage({.room_number = room, .content = again}, none)->seq,
            2u);
  EXPECT_TRUE(
      store_->messages().AppendMessage({.receiver = {"bob"}, .content = again}, none)->is_new);
  again.sender = {"zoe"};
  EXPECT_TRUE(store_->messages().AppendMessage({.receiver = {"bob"}, .content = again})->is_new);
  again.sender = {"amy"};
  ++again.client_random;
  EXPECT_TRUE(store_->messages().AppendMessage({.receiver = {"bob"}, .content = again})->is_new);
}

TEST_P(StoreContract, StoresAMessageAgainWhoseFirstOneWasRemoved) {
  OpenStore({.max_room_messages = 1});
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  const MessageContent first = MakeMessage("amy", "first");
  ASSERT_OK(store_->messages().AppendMessage({.room_number = room, .content = first}));
  mail.AppendTo(room, "second");
  EXPECT_EQ(store_->messages().AppendMessage({.room_number = room, .content = first})->seq, 3u);
}

TEST_P(StoreContract, ReadsAllMessagesInTheOrderOfCommit) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  EXPECT_EQ(mail.Newest(), 0u);
  EXPECT_THAT(mail.All(), IsEmpty());
  const StoredMessage first = mail.AppendTo(room, "a");
  const StoredMessage second = mail.Send("amy", "bob", "b", kNoon - seconds(1));
  const StoredMessage third = mail.AppendTo(room, "c");
  EXPECT_GT(first.position, 0u);
  EXPECT_GT(second.position, first.position);
  EXPECT_GT(third.position, second.position);
  EXPECT_EQ(mail.Newest(), third.position);
  EXPECT_THAT(mail.All(), ElementsAre(first, second, third));
  EXPECT_THAT(mail.All(first.position), ElementsAre(second, third));
  EXPECT_THAT(*store_->messages().ReadMessages(first.position, 1), ElementsAre(second));
  EXPECT_THAT(mail.All(third.position), IsEmpty());
  EXPECT_THAT(mail.All(kMaxNumber), IsEmpty());
}

TEST_P(StoreContract, ReadsTheMessagesOfARoomFromASeqOn) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  for (int i = 1; i <= 4; ++i) {
    mail.AppendTo(room, std::to_string(i));
    mail.Send("amy", "bob", "between");
  }
  EXPECT_THAT(SeqsOf(mail.InRoom(room)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(SeqsOf(mail.InRoom(room, 0)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(SeqsOf(mail.InRoom(room, 3)), ElementsAre(3, 4));
  EXPECT_THAT(SeqsOf(mail.InRoom(room, 2, 2)), ElementsAre(2, 3));
  EXPECT_THAT(mail.InRoom(room, 5), IsEmpty());
  EXPECT_THAT(mail.InRoom(room, kMaxNumber), IsEmpty());
  EXPECT_THAT(mail.InRoom(room + 1), IsEmpty());
  EXPECT_THAT(mail.InRoom(0), IsEmpty());
}

TEST_P(StoreContract, ReadsTheMessagesBetweenTwoUsersNewestFirst) {
  Mail mail(*store_);
  mail.Send("amy", "bob", "1");
  const StoredMessage second = mail.Send("bob", "amy", "2");
  mail.Send("amy", "zoe", "to another");
  mail.Send("zoe", "bob", "from another");
  mail.Send("amy", "Bob", "to a similar name");
  mail.Send("amy", "bo", "to a part of the name");
  const StoredMessage third = mail.Send("amy", "bob", "3");
  EXPECT_THAT(mail.Between("amy", "bob"), ElementsAre("3", "2", "1"));
  EXPECT_THAT(mail.Between("bob", "amy"), ElementsAre("3", "2", "1"));
  EXPECT_THAT(mail.Between("bob", "amy", {}, 2), ElementsAre("3", "2"));
  EXPECT_THAT(mail.Between("amy", "bob", third.position), ElementsAre("2", "1"));
  EXPECT_THAT(mail.Between("amy", "bob", third.position, 1), ElementsAre("2"));
  EXPECT_THAT(mail.Between("amy", "bob", second.position + 1), ElementsAre("2", "1"));
  EXPECT_THAT(mail.Between("amy", "bob", 0), IsEmpty());
  EXPECT_THAT(mail.Between("amy", "bob", kMaxNumber), ElementsAre("3", "2", "1"));
  EXPECT_THAT(mail.Between("amy", "nobody"), IsEmpty());
}

TEST_P(StoreContract, ReadsTheMessagesBetweenTwoUsersFromATime) {
  Mail mail(*store_);
  mail.Send("amy", "bob", "1", kNoon);
  mail.Send("bob", "amy", "2", kNoon + seconds(1));
  mail.Send("amy", "zoe", "to another", kNoon + seconds(1));
  mail.AppendTo(mail.CreateRoom(), "in a room", kNoon + seconds(1));
  mail.Send("amy", "bob", "3", kNoon + seconds(1));
  mail.Send("amy", "bob", "4", kNoon + seconds(3));
  mail.Send("amy", "bob", "by a clock that is behind", kNoon + seconds(2));
  const auto from = [&](int second, FromTime direction, std::size_t limit = 1000) {
    return BodiesOf(*store_->messages().ReadDirectMessagesAt(
        {"bob"}, {"amy"}, kNoon + seconds(second), direction, limit));
  };
  EXPECT_THAT(from(1, FromTime::kBack), ElementsAre("3", "2", "1"));
  EXPECT_THAT(from(1, FromTime::kBack, 2), ElementsAre("3", "2"));
  EXPECT_THAT(from(2, FromTime::kBack, 1), ElementsAre("by a clock that is behind"));
  EXPECT_THAT(from(-1, FromTime::kBack), IsEmpty());
  EXPECT_THAT(from(1, FromTime::kForward, 3), ElementsAre("2", "3", "4"));
  EXPECT_THAT(from(2, FromTime::kForward), ElementsAre("4", "by a clock that is behind"));
  EXPECT_THAT(from(4, FromTime::kForward), IsEmpty());
}

TEST_P(StoreContract, ReadsTheMessagesOfAUserFromAPositionOn) {
  Mail mail(*store_);
  const StoredMessage first = mail.Send("amy", "bob", "1");
  mail.AppendTo(mail.CreateRoom(), "in a room");
  mail.Send("zoe", "bob", "of others");
  mail.Send("amy", "amy", "2");
  const StoredMessage third = mail.Send("bob", "amy", "3");
  mail.Send("amy", "zoe", "4");
  const auto of_amy = [&](std::uint64_t position, std::size_t limit = 1000) {
    return BodiesOf(*store_->messages().ReadMessagesOf({"amy"}, position, limit));
  };
  EXPECT_THAT(of_amy(0), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(of_amy(0, 3), ElementsAre("1", "2", "3"));
  EXPECT_THAT(of_amy(first.position), ElementsAre("2", "3", "4"));
  EXPECT_THAT(of_amy(third.position - 1, 1), ElementsAre("3"));
  EXPECT_THAT(of_amy(kMaxNumber), IsEmpty());
}

TEST_P(StoreContract, ReadsAMessageToOneselfOnce) {
  Mail mail(*store_);
  mail.Send("amy", "amy", "note");
  mail.Send("amy", "bob", "other");
  EXPECT_THAT(mail.Between("amy", "amy"), ElementsAre("note"));
  EXPECT_THAT(mail.Pending("amy"), ElementsAre("note"));
  EXPECT_THAT(mail.Conversations("amy"), ElementsAre("other", "note"));
}

TEST_P(StoreContract, KeepsAMessageToAUserPendingUntilItIsSettled) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.Send("amy", "bob", "1");
  const StoredMessage second = mail.Send("zoe", "bob", "2");
  mail.Send("bob", "amy", "from him");
  mail.AppendTo(room, "in a room");
  mail.Send("amy", "bob", "3");
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("1", "2", "3")) << "oldest first";
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("1", "2", "3")) << "a read does not settle them";
  EXPECT_THAT(mail.Pending("bob", {}, 2), ElementsAre("2", "3")) << "the newest";
  mail.Settle("bob", second.position);
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("3"));
  EXPECT_THAT(mail.Pending("amy"), ElementsAre("from him"));
  EXPECT_THAT(mail.Between("amy", "bob"), ElementsAre("3", "from him", "1"))
      << "settled ones remain";
}

TEST_P(StoreContract, ReadsPendingMessagesSentSinceATime) {
  Mail mail(*store_);
  mail.Send("amy", "bob", "1", kNoon);
  mail.Send("amy", "bob", "2", kNoon + seconds(1));
  mail.Send("amy", "bob", "3", kNoon + seconds(2));
  EXPECT_THAT(mail.Pending("bob", kNoon + seconds(1)), ElementsAre("2", "3"));
  EXPECT_THAT(mail.Pending("bob", kNoon + seconds(1), 1), ElementsAre("3"));
  EXPECT_THAT(mail.Pending("bob", kNoon + seconds(3)), IsEmpty());
}

TEST_P(StoreContract, ReadsPendingMessagesOfTheirSendersInTurns) {
  Mail mail(*store_);
  mail.Send("amy", "bob", "a1");
  mail.Send("old", "bob", "too old", kNoon - seconds(1));
  mail.Send("zoe", "bob", "z1");
  for (int i = 1; i <= 20; ++i) mail.Send("eve", "bob", "e" + std::to_string(i));
  mail.Send("amy", "bob", "a2");
  EXPECT_THAT(mail.Pending("bob", kNoon, 2), ElementsAre("e20", "a2"));
  EXPECT_THAT(mail.Pending("bob", kNoon, 3), ElementsAre("z1", "e20", "a2"));
  EXPECT_THAT(mail.Pending("bob", kNoon, 7),
              ElementsAre("a1", "z1", "e17", "e18", "e19", "e20", "a2"));
}

TEST_P(StoreContract, SettlesTheMessagesOfSeveralReceiversAtOnce) {
  Mail mail(*store_);
  const StoredMessage first = mail.Send("amy", "bob", "1");
  const StoredMessage second = mail.Send("amy", "cat", "2");
  const std::array received = {ReceivedMessages{.receiver = {"bob"}, .position = first.position},
                               ReceivedMessages{.receiver = {"cat"}, .position = second.position},
                               ReceivedMessages{.receiver = {"dan"}, .position = second.position}};
  EXPECT_OK(store_->messages().SettleMessages(received));
  EXPECT_THAT(mail.Pending("bob"), IsEmpty());
  EXPECT_THAT(mail.Pending("cat"), IsEmpty());
}

TEST_P(StoreContract, KeepsSettledMessagesSettled) {
  Mail mail(*store_);
  const StoredMessage first = mail.Send("amy", "bob", "1");
  const StoredMessage second = mail.Send("amy", "bob", "2");
  mail.Settle("bob", second.position);
  mail.Settle("bob", first.position);
  EXPECT_THAT(mail.Pending("bob"), IsEmpty());
}

TEST_P(StoreContract, SettlesNoMessageThatIsAppendedLater) {
  Mail mail(*store_);
  mail.Settle("bob", kMaxNumber);
  mail.Send("amy", "bob", "1");
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("1"));
  mail.Settle("bob", kMaxNumber);
  EXPECT_THAT(mail.Pending("bob"), IsEmpty());
  mail.Send("amy", "bob", "2");
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("2"));
}

TEST_P(StoreContract, ListsTheNewestMessageWithEachPeer) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.Send("amy", "bob", "to bob");
  mail.Send("zoe", "amy", "from zoe");
  mail.Send("bob", "amy", "from bob");
  mail.Send("bob", "zoe", "of others");
  mail.Send("amy", "eve", "to eve");
  mail.AppendTo(room, "in a room");
  EXPECT_THAT(mail.Conversations("amy"), ElementsAre("to eve", "from bob", "from zoe"));
  EXPECT_THAT(mail.Conversations("amy", 2), ElementsAre("to eve", "from bob"));
  EXPECT_THAT(mail.Conversations("eve"), ElementsAre("to eve"));
  EXPECT_THAT(mail.Conversations("nobody"), IsEmpty());
}

TEST_P(StoreContract, ListsConversationsOfTheNewestThousandMessagesOfEachDirection) {
  Mail mail(*store_);
  constexpr int kCallers = 8;
  mail.Send("amy", "bob", "to bob");
  mail.Send("zoe", "amy", "from zoe");
  InParallel(kCallers, [&](int) {
    for (int i = 0; i < 999 / kCallers; ++i) mail.Send("amy", "eve", "to eve");
  });
  for (int i = 0; i < 999 % kCallers; ++i) mail.Send("amy", "eve", "to eve");
  EXPECT_THAT(mail.Conversations("amy"), ElementsAre("to eve", "from zoe", "to bob"));
  mail.Send("amy", "eve", "to eve");
  EXPECT_THAT(mail.Conversations("amy"), ElementsAre("to eve", "from zoe"))
      << "the other is too old";
}

TEST_P(StoreContract, NotifiesTheListenerBeforeAcknowledgingAMessage) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  EXPECT_EQ(listener_.message_reports(), 0);
  mail.AppendTo(room, "a");
  EXPECT_EQ(listener_.message_reports(), 1);
  const StoredMessage direct = mail.Send("amy", "bob", "b");
  EXPECT_EQ(listener_.message_reports(), 2);
  mail.Settle("bob", direct.position);
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 2u);
  mail.DestroyRoom();
  EXPECT_EQ(listener_.message_reports(), 2);
}

}  // namespace
}  // namespace rtcroom
