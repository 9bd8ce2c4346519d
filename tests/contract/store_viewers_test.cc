// Store contract: viewers that come, go, give signs and lapse at the same time.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/cluster.h"
#include "daemon/core/viewer_leases.h"
#include "daemon/core/viewer_reaper.h"
#include "tests/contract/store_contract.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/in_parallel.h"
#include "tests/support/live_rooms.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr int kSweeps = 40;
constexpr int kDeedsOfASweep = 10;  ///< and as many while it lasts
constexpr int kGuests = 3;

/// Those that stay, by signs alone.
constexpr std::string_view kStayers[] = {"amy", "bob"};

/// A room of a store, the leases of its viewers, and all that is done to them.
class Crowd {
 public:
  explicit Crowd(const std::function<std::unique_ptr<Storage>(CommitListener&)>& open)
      : store_(open(viewers_)) {}

  [[nodiscard]] Storage& store() { return *store_; }
  ViewerLeases& viewers() { return viewers_; }

  void Begin() {
    ASSERT_NE(store_, nullptr);
    ASSERT_OK(Apply(*store_, Creating(LiveRoom())));
    Join("ghost");
    for (const std::string_view user : kStayers) {
      Join(std::string(user));
      ASSERT_TRUE(Eventually([&] { return Sign(user); })) << user;
    }
  }
  /// Lets time pass, while all others go on.
  void Sweep() {
    ViewerReaper reaper(
        {.store = store_->rooms(),
         .viewers = viewers_,
         .cluster = nodes_,
         .clock = clock_,
         .logger = logger_,
         .is_present = [](const RoomKey&, std::uint64_t, const UserId&) { return false; }},
        {.policy = SharedPolicy()});
    while (sweeps_ < kSweeps) {
      const int heard = rounds_;
      const int enough = kDeedsOfASweep * (sweeps_ + 1);
      EXPECT_TRUE(Eventually(
          [&] { return testing::Test::HasFailure() || (rounds_ > heard && deeds_ >= enough); }));
      clock_.Advance(5s);
      (void)reaper.Sweep(clock_.Monotonic());
      ++sweeps_;
      sweeps_.notify_all();
    }
  }
  /// Those that stay give signs, of which other nodes would hear.
  void GiveSigns() {
    HeardBeats heard;
    while (sweeps_ < kSweeps) {
      for (const std::string_view user : kStayers) EXPECT_TRUE(Sign(user)) << user;
      heard = viewers_.leases().HeardSince(heard.as_of);
      ++rounds_;
    }
  }
  /// One comes and goes. Others come and vanish, and some of these give a sign later.
  void ComeAndGo(int guest) {
    constexpr std::size_t kMostVanished = 50;
    std::mt19937 random(static_cast<std::uint32_t>(guest));
    const std::string regular = fmt::format("regular_{}", guest);
    std::vector<std::string> vanished;
    while (sweeps_ < kSweeps) {
      const int sweeps = sweeps_;
      if (deeds_ >= kDeedsOfASweep * (sweeps + 2)) {
        sweeps_.wait(sweeps);
        continue;
      }
      switch (random() % 4) {
        case 0:
          Join(regular);
          break;
        case 1:
          EXPECT_OK(Apply(*store_, LeavingAudience(kLiveR1, regular)));
          break;
        case 2:
          if (vanished.size() == kMostVanished) break;
          vanished.push_back(fmt::format("vanished_{}_{}", guest, vanished.size()));
          Join(vanished.back());
          break;
        default:
          if (vanished.empty()) break;
          (void)Sign(vanished[random() % vanished.size()]);
      }
      ++deeds_;
    }
  }

 private:
  bool Sign(std::string_view user) { return viewers_.OnSign(kLiveR1, {std::string(user)}); }
  void Join(const std::string& user) {
    EXPECT_OK(Apply(*store_, Watching(kLiveR1, user, "{}", kNoon, SIZE_MAX)));
  }

  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  Alone nodes_;
  ViewerLeases viewers_{clock_, {.timeout = 60s, .return_within = 1h}};
  const std::unique_ptr<Storage> store_;
  std::atomic<int> sweeps_{0};
  std::atomic<int> rounds_{0};  ///< of signs
  std::atomic<int> deeds_{0};   ///< of guests
};

TEST_P(StoreContract, PairsTheStaysOfViewersThatLapseWhileOthersComeAndGo) {
  store_.reset();
  Crowd crowd(
      [this](CommitListener& leases) { return GetParam().open(directory_->path(), {}, leases); });
  ASSERT_NO_FATAL_FAILURE(crowd.Begin());
  InParallel(kGuests + 2, [&](int caller) {
    if (caller < kGuests) return crowd.ComeAndGo(caller);
    if (caller == kGuests) return crowd.GiveSigns();
    crowd.Sweep();
  });

  std::set<std::string> there;
  const auto history = crowd.store().rooms().ReadEvents(Cursor::Start(), 1000);
  ASSERT_OK(history);
  for (const StoredEvent& stored : history->events) {
    if (const auto* const added = std::get_if<AudienceAdded>(&stored.event.payload)) {
      EXPECT_TRUE(there.insert(added->user_id.value).second) << added->user_id.value;
      EXPECT_EQ(added->audience_count, there.size());
    } else if (const auto* const left = std::get_if<AudienceDeleted>(&stored.event.payload)) {
      EXPECT_EQ(there.erase(left->user_id.value), 1U) << left->user_id.value;
      EXPECT_EQ(left->audience_count, there.size());
      EXPECT_THAT(kStayers, testing::Not(testing::Contains(left->user_id.value)));
    }
  }
  EXPECT_FALSE(there.contains("ghost"));
  const auto page = crowd.store().rooms().LoadAudiences(kLiveR1);
  ASSERT_OK(page);
  std::set<std::string> listed;
  for (const Audience& viewer : page->audiences) listed.insert(viewer.user_id.value);
  EXPECT_EQ(listed, there);
  EXPECT_EQ(page->count, there.size());
  EXPECT_TRUE(Eventually([&] { return crowd.viewers().leases().size() == there.size(); }));
}

}  // namespace
}  // namespace rtcroom
