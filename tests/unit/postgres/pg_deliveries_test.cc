// The outbox in PostgreSQL: ids, positions, and several changes in one transaction.
#include "storage/postgres/pg_deliveries.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/fake_clock.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;

using enum DeliveryKind;

PgWrite Enqueue(const std::string& group, DeliveryKind kind,
                std::optional<std::uint64_t> back = {}) {
  return pg::ChangeDeliveries({.group = {group}, .enqueue = kind}, kNoon, back);
}
PgWrite Drop(const std::string& group) {
  return pg::ChangeDeliveries({.group = {group}, .drops_pending = true}, kNoon);
}

class PgDeliveriesTest : public PgTablesTest {
 protected:
  /// Of a store that is opened now, if it is the first use.
  DeliveryStore& Outbox() {
    if (!store_) store_ = OpenPatient();
    return store_->deliveries();
  }
  std::vector<Delivery> Load(DeliveryKind kind) {
    const auto loaded = Outbox().LoadDeliveries(kind, 100);
    EXPECT_OK(loaded);
    return loaded ? *loaded : std::vector<Delivery>();
  }
  Delivery Only(DeliveryKind kind) {
    const std::vector<Delivery> loaded = Load(kind);
    EXPECT_EQ(loaded.size(), 1u);
    return loaded.empty() ? Delivery() : loaded.front();
  }
  DeliveryBacklog Count() { return *Outbox().CountDeliveries(); }

 private:
  std::unique_ptr<PgStore> store_;
};

TEST_F(PgDeliveriesTest, GiveNoIdTwice) {
  ASSERT_OK(Write(Enqueue("g", kNotifyGroup)));
  const Delivery finished = Only(kNotifyGroup);
  ASSERT_OK(Outbox().FinishDelivery(finished));
  ASSERT_OK(Write(Enqueue("g", kNotifyGroup)));
  const Delivery dropped = Only(kNotifyGroup);
  EXPECT_GT(dropped.id, finished.id);
  ASSERT_OK(Write({Drop("g"), Enqueue("g", kNotifyGroup), Enqueue("h", kNotifyGroup)}));
  const std::vector<Delivery> left = Load(kNotifyGroup);
  ASSERT_EQ(left.size(), 2u);
  EXPECT_GT(left[0].id, dropped.id);
  EXPECT_GT(left[1].id, left[0].id);
}

TEST_F(PgDeliveriesTest, LeaveFewRowsBehind) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(Write({Enqueue("g", kNotifyGroup), Enqueue("g", kCreateGroup), Drop("g")}));
    ASSERT_OK(Write(Enqueue("g", kNotifyGroup)));
    ASSERT_OK(Outbox().FinishDelivery(Only(kNotifyGroup)));
  }
  EXPECT_EQ(Count(), DeliveryBacklog());
  EXPECT_LE(Number("SELECT count(*) FROM deliveries"), 2);
}

TEST_F(PgDeliveriesTest, CountFromTheFirstEventOfTheirChange) {
  AddEvents(1, 10);
  ASSERT_OK(Write({Enqueue("g", kNotifyGroup, 2), Enqueue("h", kNotifyGroup, 0)}));
  EXPECT_EQ(Count(), (DeliveryBacklog{.groups = 2, .oldest_event = 8}));
  ASSERT_OK(Write(Enqueue("g", kNotifyGroup, 0)));
  EXPECT_EQ(Count().oldest_event, 8u) << "of the first that was merged";
  ASSERT_OK(Write(Enqueue("i", kDestroyGroup)));
  EXPECT_EQ(Count().oldest_event, 8u);
}

TEST_F(PgDeliveriesTest, ReleaseAndParkAndRetryByGroup) {
  ASSERT_OK(Write({Enqueue("g", kNotifyGroup), Enqueue("g", kCreateGroup),
                   Enqueue("h", kNotifyGroup), Enqueue("h", kCreateGroup)}));
  std::vector<Delivery> creates = Load(kCreateGroup);
  ASSERT_EQ(creates.size(), 2u);
  creates[1].next_try = kParked;
  ASSERT_OK(Outbox().FinishDelivery(creates[0]));
  EXPECT_EQ(*Outbox().PostponeDelivery(creates[1]), true);
  Delivery failed = Only(kNotifyGroup);
  EXPECT_EQ(failed.group.value, "g");
  failed.attempts = 1;
  failed.next_try = kNoon + milliseconds(500);
  EXPECT_EQ(*Outbox().PostponeDelivery(failed), true);
  ASSERT_OK(Outbox().RetryDeliveriesSoon(kNoon, milliseconds(0), 10));
  EXPECT_EQ(Only(kNotifyGroup).next_try, kNoon);
  ASSERT_OK(Write(Drop("g")));
  EXPECT_EQ(*Outbox().PostponeDelivery(failed), false);
}

TEST_F(PgDeliveriesTest, MayHaveAnyBytes) {
  const std::string payload("\0\xFF'", 3);
  ASSERT_OK(Write(pg::ChangeDeliveries(
      {.group = {"7 amy"}, .enqueue = kRemoveUser, .payload = payload}, kNoon)));
  EXPECT_EQ(Only(kRemoveUser).payload, payload);
  EXPECT_EQ(Count(), DeliveryBacklog{.to_trtc = 1});
}

}  // namespace
}  // namespace rtcroom
