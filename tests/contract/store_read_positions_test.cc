// Store contract: what accounts have read of each other's messages.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

ReadPosition PositionOf(const std::string& reader, const std::string& peer, int second) {
  return {.reader = {reader}, .peer = {peer}, .until = kNoon + seconds(second)};
}

/// Calls that must succeed.
class Reads {
 public:
  explicit Reads(Storage& store) : store_(store) {}
  void Put(const std::vector<ReadPosition>& positions) {
    EXPECT_OK(store_.accounts().RecordReadPositions(positions));
  }
  std::vector<ReadPosition> Of(const std::string& reader, std::size_t limit = 1000) {
    const auto positions = store_.accounts().ReadPositionsOf({reader}, limit);
    EXPECT_OK(positions);
    return positions ? *positions : std::vector<ReadPosition>();
  }

 private:
  Storage& store_;
};

TEST_P(StoreContract, FindsReadPositionsByReaderAndByPeer) {
  Reads reads(*store_);
  const ReadPosition one = PositionOf("b%o'b", "amy", 1);
  const ReadPosition two = PositionOf("b%o'b", "zoe", 2);
  const ReadPosition three = PositionOf("zoe", "amy", 3);
  reads.Put({one, three, two});
  EXPECT_THAT(reads.Of("b%o'b"), ElementsAre(two, one));
  EXPECT_THAT(reads.Of("b%o'b", 1), ElementsAre(two));
  EXPECT_THAT(reads.Of("amy"), IsEmpty());
  const std::vector<UserId> readers = {{"zoe"}, {"b%o'b"}, {"nobody"}};
  EXPECT_THAT(*store_->accounts().ReadPositionsFor({"amy"}, readers),
              UnorderedElementsAre(one, three));
  EXPECT_THAT(*store_->accounts().ReadPositionsFor({"amy"}, {}), IsEmpty());
}

TEST_P(StoreContract, MovesReadPositionsForwardsOnly) {
  Reads reads(*store_);
  reads.Put(
      {PositionOf("bob", "amy", 2), PositionOf("bob", "amy", 3), PositionOf("bob", "amy", 1)});
  reads.Put({PositionOf("bob", "amy", 2)});
  EXPECT_THAT(reads.Of("bob"), ElementsAre(PositionOf("bob", "amy", 3)));
  reads.Put({PositionOf("bob", "amy", 4)});
  EXPECT_THAT(reads.Of("bob"), ElementsAre(PositionOf("bob", "amy", 4)));
}

TEST_P(StoreContract, TrimsOldReadPositions) {
  Reads reads(*store_);
  reads.Put(
      {PositionOf("bob", "amy", 1), PositionOf("bob", "zoe", 2), PositionOf("zoe", "amy", 1)});
  const TimePoint now = kNoon + std::chrono::hours(1);
  EXPECT_EQ(*store_->accounts().TrimReadPositions(now, kNoon + seconds(1)), 0u);
  EXPECT_EQ(*store_->accounts().TrimReadPositions(now, kNoon + seconds(2)), 2u);
  EXPECT_EQ(store_->LoadRemovalTime()->mark, now);
  EXPECT_THAT(reads.Of("bob"), ElementsAre(PositionOf("bob", "zoe", 2)));
  EXPECT_THAT(reads.Of("zoe"), IsEmpty());
}

TEST_P(StoreContract, KeepsTheLatestReadPositionsOfAReader) {
  Reads reads(*store_);
  constexpr int kMany = AccountStore::kMaxOfReader + 1;
  std::vector<ReadPosition> positions;
  for (int i = 0; i < kMany; ++i) positions.push_back(PositionOf("bob", std::to_string(i), i));
  reads.Put({PositionOf("amy", "bob", 0)});
  reads.Put(positions);
  EXPECT_THAT(reads.Of("bob"), SizeIs(AccountStore::kMaxOfReader));
  EXPECT_EQ(reads.Of("bob").back(), PositionOf("bob", "1", 1));
  EXPECT_THAT(reads.Of("amy"), SizeIs(1));
}

}  // namespace
}  // namespace rtcroom
