// Crashes of the process: all state in memory is lost.
#include <string>
#include <vector>

#include "tests/unit/im/im_sender_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ImSenderCrash : public ImSenderFixture {
 protected:
  ImSenderCrash() { Restart(); }

  /// The process dies before the sender reads what was stored.
  void EnqueueAndCrash(const std::string& group, DeliveryKind kind,
                       const std::string& payload = "") {
    sender_.reset();
    Enqueue(group, kind, payload);
    Restart();
  }
};

TEST_F(ImSenderCrash, BeforeTheCallLeavesARepeatedDestroy) {
  EnqueueAndCrash("g", DeliveryKind::kDestroyGroup, "repeat");
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImSenderCrash, DuringTheCallRepeatsTheDestroyAfterRestart) {
  EnqueueAndCrash("g", DeliveryKind::kDestroyGroup, "repeat");
  EXPECT_TRUE(Eventually([this] { return DestroysOf("g") == std::vector<std::string>{""}; }));
  EXPECT_THAT(service_.calls(), ElementsAre(DestroyOf("g")));
  Restart();  // before the second one
  clock_.Advance(std::chrono::milliseconds(1999));
  EXPECT_EQ(service_.calls().size(), 1u) << "not before it is due";
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImSenderCrash, AfterTheCallDestroysTheGroup) {
  EXPECT_OK(Make("g"));
  Crash();
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("g"), DestroyOf("g"), DestroyOf("g")));
}

TEST_F(ImSenderCrash, AfterTheCommitKeepsTheGroup) {
  Commit("g", *Make("g"));
  Crash();
  EXPECT_TRUE(EventuallyAtRest());
  Join("g");
  EXPECT_TRUE(EventuallyCalled({CreateOf("g"), NoticeOf("g")}));
}

TEST_F(ImSenderCrash, AfterADegradedCreateStillCreatesTheGroup) {
  options_.maker.on_failure = OnCreateFailure::kDegrade;
  Restart();
  service_.AnswerWith(ImOutcome::kUnreachable);
  Commit("g", *Make("g"));
  Join("g");
  Crash();
  service_.AnswerWith(ImOutcome::kDone);
  EXPECT_TRUE(EventuallyAtRest());
  const std::vector<GroupCall> calls = service_.calls();
  ASSERT_GE(calls.size(), 2u);
  EXPECT_EQ(calls[calls.size() - 2], CreateOf("g"));
  EXPECT_EQ(calls.back(), NoticeOf("g"));
}

TEST_F(ImSenderCrash, LeavesNoCreateForAMissingRoom) {
  EnqueueAndCrash("g", DeliveryKind::kCreateGroup);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), IsEmpty());
}

TEST_F(ImSenderCrash, NeverDestroysTheGroupOfARoomThatIsStored) {
  Create("r");
  EnqueueAndCrash("r", DeliveryKind::kDestroyGroup);
  EXPECT_TRUE(EventuallyAtRest());
  EXPECT_THAT(service_.calls(), ElementsAre(CreateOf("r")));
}

}  // namespace
}  // namespace rtcroom
