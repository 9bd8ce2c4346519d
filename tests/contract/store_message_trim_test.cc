// Store contract: removal of old messages, and of those of ended rooms.
#include <chrono>
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/mail.h"
#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr MessageRetention kKeepAll{};

TEST_P(StoreContract, TrimsMessagesSentBeforeATime) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1", kNoon);
  mail.Send("amy", "bob", "2", kNoon);
  mail.AppendTo(room, "3", kNoon + seconds(1));
  mail.Send("amy", "bob", "4", kNoon + seconds(1));
  EXPECT_EQ(mail.Trim(kKeepAll), 0u);
  EXPECT_EQ(mail.Trim({.keep_since = kNoon}), 0u);
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("3", "4"));
  EXPECT_THAT(SeqsOf(mail.InRoom(room)), ElementsAre(2));
  EXPECT_THAT(mail.Between("amy", "bob"), ElementsAre("4"));
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("4"));
  EXPECT_THAT(mail.Conversations("bob"), ElementsAre("4"));
}

TEST_P(StoreContract, TrimsMessagesUpToAPosition) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1");
  mail.Send("amy", "bob", "2");
  mail.AppendTo(room, "3");
  const std::uint64_t last = mail.All()[1].position;
  EXPECT_EQ(mail.Trim({.keep_after = last}), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("3"));
}

TEST_P(StoreContract, TrimsTheOldestMessagesOnceTheirBytesExceedABound) {
  OpenStore({.max_room_messages = 2});
  Mail mail(*store_);
  const std::uint64_t ended = mail.CreateRoom("r1");
  const std::uint64_t room = mail.CreateRoom("r2");
  for (const char* const body : {"1", "2", "3"}) mail.AppendTo(ended, body);
  mail.DestroyRoom("r1");
  mail.Send("amy", "bob", "old", kNoon - seconds(1));
  for (const char* const body : {"4", "5", "6"}) mail.AppendTo(room, body);
  for (int i = 0; i < 30; ++i) mail.Send("amy", "zoe", std::string(1000, 'x'));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(1)}), 2u);
  std::uint64_t bytes = 0;
  for (const StoredMessage& message : mail.All()) bytes += StoredBytes(message);
  EXPECT_EQ(mail.Trim({.max_bytes = bytes}), 0u) << "what was removed is not counted";
  // A sixteenth is more than the small ones and one of a thousand letters.
  EXPECT_EQ(mail.Trim({.max_bytes = bytes - 1}), 5u);
  EXPECT_EQ(mail.All().size(), 28u);
  EXPECT_EQ(mail.Trim({.max_bytes = bytes - 1}), 0u);
}

TEST_P(StoreContract, TrimsNoMoreMessagesThanOneCallMay) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  for (int i = 1; i <= 5; ++i) mail.AppendTo(room, std::to_string(i));
  const MessageRetention retention{.keep_since = kNoon + seconds(1), .most_per_call = 2};
  EXPECT_EQ(mail.Trim(retention), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("3", "4", "5")) << "the oldest are removed";
  EXPECT_EQ(mail.Trim(retention), 2u);
  EXPECT_EQ(mail.Trim(retention), 1u);
  EXPECT_EQ(mail.Trim(retention), 0u);
}

TEST_P(StoreContract, TrimsMessagesOnlyUpToTheFirstThatMustStay) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1");
  mail.AppendTo(room, "2", kNoon + seconds(1));
  mail.AppendTo(room, "3");
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 1u);
  EXPECT_THAT(SeqsOf(mail.InRoom(room)), ElementsAre(2, 3)) << "no gap";
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(2)}), 2u);
}

TEST_P(StoreContract, GoesOnCountingAfterAllMessagesWereTrimmed) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1");
  const StoredMessage second = mail.AppendTo(room, "2");
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 2u);
  EXPECT_THAT(mail.All(), IsEmpty());
  EXPECT_EQ(mail.Newest(), second.position);
  EXPECT_EQ(mail.NewestIn(room), 2u);
  const StoredMessage third = mail.AppendTo(room, "3");
  EXPECT_EQ(third.seq, 3u);
  EXPECT_GT(third.position, second.position);
}

TEST_P(StoreContract, PendingMessagesGoWithTheTrimmedOnes) {
  Mail mail(*store_);
  const StoredMessage first = mail.Send("amy", "bob", "1");
  mail.Settle("bob", first.position);
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 1u);
  mail.Send("amy", "bob", "2", kNoon + seconds(1));
  EXPECT_THAT(mail.Pending("bob"), ElementsAre("2"));
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(2)}), 1u);
  EXPECT_THAT(mail.Pending("bob"), IsEmpty());
  EXPECT_THAT(mail.Conversations("bob"), IsEmpty());
}

TEST_P(StoreContract, KeepsTheMessagesOfAnEndedRoomForATime) {
  Mail mail(*store_);
  const std::uint64_t ended = mail.CreateRoom("r1");
  const std::uint64_t living = mail.CreateRoom("r2");
  mail.AppendTo(ended, "1");
  mail.AppendTo(living, "2");
  mail.AppendTo(ended, "3");
  mail.DestroyRoom("r1", kNoon + seconds(5));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(5)}), 0u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("1", "2", "3"));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(6)}), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("2"));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(6)}), 0u);
  EXPECT_EQ(mail.AppendTo(living, "4").seq, 2u);
}

TEST_P(StoreContract, TrimsEndedRoomsInTheOrderOfTheirEnds) {
  Mail mail(*store_);
  const std::uint64_t first = mail.CreateRoom("r1");
  const std::uint64_t second = mail.CreateRoom("r2");
  for (const char* const body : {"a1", "a2", "a3"}) mail.AppendTo(first, body);
  for (const char* const body : {"b1", "b2"}) mail.AppendTo(second, body);
  mail.DestroyRoom("r2", kNoon + seconds(1));
  mail.DestroyRoom("r1", kNoon + seconds(2));
  const MessageRetention retention{.keep_ended_since = kNoon + seconds(9), .most_per_call = 2};
  EXPECT_EQ(mail.Trim(retention), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("a1", "a2", "a3"));
  EXPECT_EQ(mail.Trim(retention), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("a3")) << "the oldest of a room go first";
  EXPECT_EQ(mail.Trim(retention), 1u);
  EXPECT_EQ(mail.Trim(retention), 0u);
}

TEST_P(StoreContract, BoundsTheTrimmingOfOldAndOfEndedTogether) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.Send("amy", "bob", "old");
  mail.AppendTo(room, "1", kNoon + seconds(5));
  mail.AppendTo(room, "2", kNoon + seconds(5));
  mail.Send("amy", "bob", "new", kNoon + seconds(5));
  mail.DestroyRoom();
  const MessageRetention retention{
      .keep_since = kNoon + seconds(1), .keep_ended_since = kNoon + seconds(1), .most_per_call = 2};
  EXPECT_EQ(mail.Trim(retention), 2u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("2", "new"));
  EXPECT_EQ(mail.Trim(retention), 1u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("new"));
}

TEST_P(StoreContract, TrimsOldMessagesOfEndedRoomsToo) {
  Mail mail(*store_);
  const std::uint64_t room = mail.CreateRoom();
  mail.AppendTo(room, "1");
  mail.AppendTo(room, "2", kNoon + seconds(1));
  mail.DestroyRoom();
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 1u);
  EXPECT_THAT(BodiesOf(mail.All()), ElementsAre("2"));
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(1)}), 1u);
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(1)}), 0u);
}

TEST_P(StoreContract, TrimsNothingForARoomThatEndsWithoutMessages) {
  Mail mail(*store_);
  mail.CreateRoom("r1");
  const std::uint64_t emptied = mail.CreateRoom("r2");
  mail.AppendTo(emptied, "1");
  EXPECT_EQ(mail.Trim({.keep_since = kNoon + seconds(1)}), 1u);
  mail.DestroyRoom("r1");
  mail.DestroyRoom("r2");
  EXPECT_EQ(mail.Trim({.keep_ended_since = kNoon + seconds(1)}), 0u);
}

}  // namespace
}  // namespace rtcroom
