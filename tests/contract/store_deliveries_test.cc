// The contract of every store for its outbox.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/store_contract.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

using enum DeliveryKind;

/// Test access to the outbox of a store.
class Outbox {
 public:
  explicit Outbox(Storage& store) : store_(store) {}

  void Enqueue(const std::string& group, DeliveryKind kind, TimePoint now = kNoon,
               const std::string& payload = "") {
    ASSERT_OK(store_.deliveries().ChangeDeliveries(
        {.group = {group}, .enqueue = kind, .payload = payload}, now));
  }
  void Drop(const std::string& group, std::optional<DeliveryKind> enqueue = {}) {
    ASSERT_OK(store_.deliveries().ChangeDeliveries(
        {.group = {group}, .drops_pending = true, .enqueue = enqueue}, kNoon));
  }
  std::vector<Delivery> Load(DeliveryKind kind, std::size_t limit = 100) {
    const auto loaded = store_.deliveries().LoadDeliveries(kind, limit);
    EXPECT_OK(loaded);
    return loaded ? *loaded : std::vector<Delivery>();
  }
  std::vector<std::string> Groups(DeliveryKind kind, std::size_t limit = 100) {
    std::vector<std::string> groups;
    for (const Delivery& delivery : Load(kind, limit)) groups.push_back(delivery.group.value);
    return groups;
  }
  Delivery Only(DeliveryKind kind) {
    const std::vector<Delivery> loaded = Load(kind);
    EXPECT_EQ(loaded.size(), 1u);
    return loaded.empty() ? Delivery() : loaded.front();
  }
  /// `delivery` after a failure, due at that time.
  static Delivery Failed(Delivery delivery, TimePoint next_try) {
    ++delivery.attempts;
    delivery.lone_attempts = 2;
    delivery.lone_time = seconds(3);
    delivery.failed_at = kNoon;
    delivery.next_try = next_try;
    return delivery;
  }
  void Park(Delivery delivery) {
    delivery.next_try = kParked;
    EXPECT_EQ(*store_.deliveries().PostponeDelivery(delivery), true);
  }

 private:
  Storage& store_;
};

TEST_P(StoreContract, DeliveriesAreLoadedInDueOrder) {
  Outbox box(*store_);
  box.Enqueue("late", kNotifyGroup, kNoon + seconds(1));
  box.Enqueue("b", kNotifyGroup);
  box.Enqueue("a", kNotifyGroup);
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("b", "a", "late"));
  EXPECT_THAT(box.Groups(kNotifyGroup, 2), ElementsAre("b", "a"));
  EXPECT_THAT(box.Groups(kDestroyGroup), IsEmpty());
  const std::vector<Delivery> loaded = box.Load(kNotifyGroup);
  EXPECT_GT(loaded[1].id, loaded[0].id);
  EXPECT_EQ(loaded[0], (Delivery{.id = loaded[0].id,
                                 .group = {"b"},
                                 .kind = kNotifyGroup,
                                 .revision = 1,
                                 .next_try = kNoon}));
}

TEST_P(StoreContract, DeliveriesOfOneKindAndGroupAreMerged) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup, kNoon, "first");
  const Delivery before = box.Only(kNotifyGroup);
  box.Enqueue("g", kNotifyGroup, kNoon + seconds(1), "second");
  Delivery merged = before;
  merged.revision = 2;
  merged.payload = "second";
  EXPECT_EQ(box.Only(kNotifyGroup), merged);
}

TEST_P(StoreContract, DeliveriesToTrtcAreKeptApartFromThoseToTheImService) {
  Outbox box(*store_);
  box.Enqueue("7 alice", kRemoveUser);
  box.Enqueue("7 bob", kRemoveUser);
  box.Enqueue("7 alice", kRemoveUser);
  box.Enqueue("7", kDismissRoom);
  box.Enqueue("g", kNotifyGroup);
  EXPECT_THAT(box.Groups(kRemoveUser), ElementsAre("7 alice", "7 bob"));
  EXPECT_THAT(box.Groups(kDismissRoom), ElementsAre("7"));
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("g"));
  DeliveryBacklog backlog{.groups = 1, .to_trtc = 3};
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), backlog);

  const Delivery failed =
      Outbox::Failed(box.Load(kRemoveUser).back(), kNoon + std::chrono::minutes(1));
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(failed), true);
  ASSERT_OK(store_->deliveries().RetryDeliveriesSoon(kNoon, seconds(1), 10));
  EXPECT_EQ(box.Load(kRemoveUser).back(), failed) << "another service has recovered";

  ASSERT_OK(store_->deliveries().FinishDelivery(box.Only(kDismissRoom)));
  EXPECT_THAT(box.Groups(kDismissRoom), IsEmpty());
  backlog.to_trtc = 2;
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), backlog);
}

TEST_P(StoreContract, DeliveriesOfOneGroupWaitForThoseOfEarlierKinds) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  box.Enqueue("g", kCreateGroup);
  box.Enqueue("g", kDestroyGroup);
  box.Enqueue("other", kNotifyGroup);
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("other"));
  EXPECT_THAT(box.Groups(kCreateGroup), IsEmpty());
  ASSERT_OK(store_->deliveries().FinishDelivery(box.Only(kDestroyGroup)));
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("other"));
  ASSERT_OK(store_->deliveries().FinishDelivery(box.Only(kCreateGroup)));
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("g", "other"));
}

TEST_P(StoreContract, DeliveriesAreRemovedWhenFinished) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  const Delivery done = box.Only(kNotifyGroup);
  ASSERT_OK(store_->deliveries().FinishDelivery(done));
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  ASSERT_OK(store_->deliveries().FinishDelivery(done)) << "again";
  box.Enqueue("g", kNotifyGroup);
  EXPECT_GT(box.Only(kNotifyGroup).id, done.id) << "no number is reused";
}

TEST_P(StoreContract, DeliveriesStayIfMergedBeforeTheyFinish) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(Outbox::Failed(box.Only(kNotifyGroup), kNoon)),
            true);
  const Delivery under_way = box.Only(kNotifyGroup);
  box.Enqueue("g", kNotifyGroup);
  ASSERT_OK(store_->deliveries().FinishDelivery(under_way));
  const Delivery rest = box.Only(kNotifyGroup);
  EXPECT_EQ(rest.revision, 2u);
  EXPECT_EQ(rest.attempts, 0u) << "the finish resets it";
  EXPECT_EQ(rest.lone_attempts, 0u);
}

TEST_P(StoreContract, DeliveriesKeepTheirStateBetweenAttempts) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  Delivery failed = Outbox::Failed(box.Only(kNotifyGroup), kNoon + seconds(7));
  failed.payload = "half done";
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(failed), true);
  EXPECT_EQ(box.Only(kNotifyGroup), failed);
  box.Enqueue("g", kNotifyGroup);
  EXPECT_EQ(box.Only(kNotifyGroup).next_try, failed.next_try)
      << "a merged delivery does not shorten the pause";
  EXPECT_EQ(box.Only(kNotifyGroup).payload, "");
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(failed), true);
  EXPECT_EQ(box.Only(kNotifyGroup).payload, "")
      << "a delivery merged meanwhile starts from the beginning";
  EXPECT_EQ(box.Only(kNotifyGroup).revision, 2u);
}

TEST_P(StoreContract, DeliveriesBecomeDueAfterTheirPredecessor) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  box.Enqueue("g", kCreateGroup);
  const TimePoint later = kNoon + seconds(5);
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(Outbox::Failed(box.Only(kCreateGroup), later)),
            true);
  box.Enqueue("g", kNotifyGroup);
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  ASSERT_OK(store_->deliveries().RetryDeliveriesSoon(kNoon, seconds(1), 10));
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  const Delivery create = box.Only(kCreateGroup);
  EXPECT_LT(create.next_try, later);
  EXPECT_EQ(store_->deliveries().CountDeliveries()->groups, 1u);
  ASSERT_OK(store_->deliveries().FinishDelivery(create));
  EXPECT_EQ(box.Only(kNotifyGroup).next_try, create.next_try);
  EXPECT_EQ(box.Only(kNotifyGroup).revision, 2u);
}

TEST_P(StoreContract, DeliveriesBehindAParkedOneAreParked) {
  Outbox box(*store_);
  box.Enqueue("g", kCreateGroup);
  box.Enqueue("g", kNotifyGroup);
  box.Park(box.Only(kCreateGroup));
  EXPECT_EQ(store_->deliveries().CountDeliveries()->groups, 0u);
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
}

TEST_P(StoreContract, DeliveriesThatWereDroppedAreNotPostponed) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  const Delivery gone = box.Only(kNotifyGroup);
  box.Drop("g");
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(Outbox::Failed(gone, kNoon)), false);
  box.Enqueue("g", kNotifyGroup);
  EXPECT_EQ(*store_->deliveries().PostponeDelivery(Outbox::Failed(gone, kNoon + seconds(9))),
            false);
  ASSERT_OK(store_->deliveries().FinishDelivery(gone));
  EXPECT_EQ(box.Only(kNotifyGroup).next_try, kNoon);
}

TEST_P(StoreContract, DeliveriesOfOneGroupAreDroppedTogether) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  box.Enqueue("g", kCreateGroup);
  box.Enqueue("other", kNotifyGroup);
  box.Drop("g", kDestroyGroup);
  EXPECT_THAT(box.Groups(kDestroyGroup), ElementsAre("g"));
  box.Drop("g");
  EXPECT_EQ(store_->deliveries().CountDeliveries()->groups, 1u);
  EXPECT_THAT(box.Groups(kNotifyGroup), ElementsAre("other"));
}

TEST_P(StoreContract, DeliveriesThatAreParkedAreNotLoadedOrCounted) {
  Outbox box(*store_);
  box.Enqueue("g", kNotifyGroup);
  box.Park(box.Only(kNotifyGroup));
  box.Enqueue("g", kNotifyGroup);
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), DeliveryBacklog());
  ASSERT_OK(store_->deliveries().RetryDeliveriesSoon(kNoon, seconds(1), 10));
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  box.Drop("g", kDestroyGroup);
  EXPECT_THAT(box.Groups(kDestroyGroup), ElementsAre("g"));
}

TEST_P(StoreContract, DeliveriesDropTheDestroyOfAParkedCreate) {
  Outbox box(*store_);
  box.Enqueue("g", kCreateGroup);
  box.Park(box.Only(kCreateGroup));
  box.Enqueue("g", kNotifyGroup);
  EXPECT_THAT(box.Load(kNotifyGroup), IsEmpty());
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), (DeliveryBacklog{.creates_and_destroys = 1}));
  box.Drop("g", kDestroyGroup);
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), DeliveryBacklog());
  box.Drop("g", kDestroyGroup);
  EXPECT_THAT(box.Groups(kDestroyGroup), ElementsAre("g")) << "the destroy of the next room";
}

TEST_P(StoreContract, DeliveriesAreRetriedSoonAfterAnOutage) {
  Outbox box(*store_);
  for (int i = 0; i < 100; ++i) box.Enqueue("g" + std::to_string(i), kNotifyGroup);
  const std::vector<Delivery> all = box.Load(kNotifyGroup);
  for (const Delivery& delivery : all) {
    EXPECT_OK(store_->deliveries().PostponeDelivery(Outbox::Failed(delivery, kNoon + seconds(10))));
  }
  box.Enqueue("second", kDestroyGroup);
  Delivery second = box.Only(kDestroyGroup);
  second.next_try = kNoon + seconds(60);
  EXPECT_OK(store_->deliveries().PostponeDelivery(second));
  ASSERT_OK(store_->deliveries().RetryDeliveriesSoon(kNoon, milliseconds(50), 80));
  std::size_t early = 0;
  std::size_t soon = 0;
  for (const Delivery& delivery : box.Load(kNotifyGroup, 1000)) {
    if (delivery.next_try < kNoon + milliseconds(25)) ++early;
    if (delivery.next_try < kNoon + milliseconds(50)) ++soon;
  }
  EXPECT_NEAR(static_cast<double>(early), 40, 15) << "not all at the same moment";
  EXPECT_EQ(soon, 80u);
  EXPECT_EQ(box.Only(kDestroyGroup), second) << "unchanged, since it has not failed";
}

TEST_P(StoreContract, DeliveriesAreWrittenWithTheirRoomChange) {
  Outbox box(*store_);
  const RoomKey key = MakeKey(RoomKind::kMulti, "r1");
  const auto enqueuing = [](const RoomUpdate& update, const DeliveryChange& delivery) {
    return RoomUpdate{.key = update.key, .edit = [=](const Room* stored) {
                        Result<RoomChange> change = update.edit(stored);
                        if (change) change->delivery = delivery;
                        return change;
                      }};
  };
  box.Enqueue("r1", kDestroyGroup, kNoon, "repeat");
  ASSERT_OK(Apply(*store_, enqueuing(Creating(MakeRoom(key.kind, "r1")),
                                     {.group = {"r1"}, .drops_pending = true})));
  EXPECT_EQ(*store_->deliveries().CountDeliveries(), DeliveryBacklog());
  const DeliveryChange notice{.group = {"r1"}, .enqueue = kNotifyGroup};
  ASSERT_OK(Apply(*store_, enqueuing(Adding(key, "bob", 4, kNoon + seconds(2)), notice)));
  ASSERT_OK(Apply(*store_, enqueuing(Adding(key, "amy", 4, kNoon + seconds(3)), notice)));
  EXPECT_EQ(*store_->deliveries().CountDeliveries(),
            (DeliveryBacklog{.groups = 1, .oldest_event = AllEvents().at(2).position}));
  EXPECT_EQ(box.Only(kNotifyGroup).next_try, kNoon + seconds(2));
  EXPECT_EQ(box.Only(kNotifyGroup).revision, 2u);
  EXPECT_FALSE(
      Apply(*store_, enqueuing(Deleting(key, "absent"), {.group = {"r1"}, .drops_pending = true})));
  EXPECT_EQ(box.Only(kNotifyGroup).revision, 2u) << "a failed update changes nothing";
  ASSERT_OK(Apply(*store_,
                  enqueuing(Destroying(key),
                            {.group = {"r1"}, .drops_pending = true, .enqueue = kDestroyGroup})));
  EXPECT_EQ(
      *store_->deliveries().CountDeliveries(),
      (DeliveryBacklog{
          .groups = 1, .creates_and_destroys = 1, .oldest_event = AllEvents().at(4).position}));
}

}  // namespace
}  // namespace rtcroom
