#include "daemon/mix/mix_client.h"

#include <atomic>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mix_source.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// The streams of mixes, one letter for each.
v1::WantedMixes Mixes(const std::string& letters) {
  v1::WantedMixes wanted;
  for (const char letter : letters) wanted.add_mixes()->set_stream(std::string(1, letter));
  return wanted;
}
std::string LettersOf(const v1::WantedMixes& wanted) {
  std::string letters;
  for (const v1::Mix& mix : wanted.mixes()) letters += mix.stream();
  return letters;
}

class MixClientTest : public testing::Test {
 protected:
  MixClientTest() { Begin(); }

  void Begin(const std::string& token = "") {
    client_ = std::make_unique<MixClient>(
        MixClientOptions{.token = Secret(token)},
        MixClientDeps{
            .channel = grpc::CreateChannel(source_.address(), grpc::InsecureChannelCredentials()),
            .clock = clock_,
            .logger = logger_,
            .wake = [this] { ++wakes_; }});
  }
  /// Steps until a set arrives; its letters, or "none" after a long wait.
  std::string Arrived() {
    std::string letters = "none";
    (void)Eventually([&] {
      client_->Step();
      const std::optional<v1::WantedMixes> wanted = client_->Take();
      if (wanted) letters = LettersOf(*wanted);
      return wanted.has_value();
    });
    return letters;
  }
  /// Steps until the call has ended, as far as the client knows.
  bool IsLost() {
    return Eventually([&] {
      client_->Step();
      return !client_->is_following() && source_.followers() == 0;
    });
  }
  bool StepUntilLogged(const std::string& text) {
    return Eventually([&] {
      client_->Step();
      return log_.Text().find(text) != std::string::npos;
    });
  }

  FakeClock clock_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  std::atomic<int> wakes_{0};
  MixSource source_;
  std::unique_ptr<MixClient> client_;
};

TEST_F(MixClientTest, TakesEachSetOnce) {
  source_.Want(Mixes("ab"));
  EXPECT_EQ(Arrived(), "ab");
  EXPECT_TRUE(client_->is_following());
  EXPECT_EQ(client_->Take(), std::nullopt);
  source_.Want(Mixes("c"));
  EXPECT_EQ(Arrived(), "c");
  source_.Want(Mixes(""));
  EXPECT_EQ(Arrived(), "");
  EXPECT_EQ(source_.calls(), 1);
}

TEST_F(MixClientTest, WakesForEachSetAndForTheEnd) {
  client_->Step();
  source_.Want(Mixes("a"));
  EXPECT_TRUE(Eventually([&] { return wakes_ == 1; }));
  EXPECT_EQ(Arrived(), "a");
  source_.EndCalls();
  EXPECT_TRUE(Eventually([&] { return wakes_ == 2; }));
  client_->Step();
  EXPECT_FALSE(client_->is_following()) << "the end was there before it was told";
}

TEST_F(MixClientTest, SendsTheToken) {
  Begin("word");
  source_.Want(Mixes("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(source_.authorization(), "Bearer word");
  EXPECT_THAT(log_.Text(), Not(HasSubstr("word")));
}

TEST_F(MixClientTest, CallsAgainAfterATimeThatGrows) {
  source_.Refuse({grpc::StatusCode::FAILED_PRECONDITION, "mix.max: 0"});
  int calls = 0;
  for (const auto wait : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10'000ms, 10'000ms}) {
    client_->Step();
    ++calls;
    EXPECT_TRUE(Eventually([&] { return wakes_ == calls; }));
    EXPECT_EQ(client_->Step(), clock_.Monotonic() + wait);
    clock_.Advance(wait - 1ms);
    client_->Step();
    EXPECT_EQ(source_.calls(), calls);
    clock_.Advance(1ms);
  }
  const std::string log = log_.Text();
  EXPECT_THAT(log, HasSubstr("mixes_not_followed reason=failed_precondition"));
  EXPECT_EQ(log.find("mixes_not_followed"), log.rfind("mixes_not_followed")) << "logged once";

  source_.Refuse(grpc::Status::OK);
  source_.Want(Mixes("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_THAT(log_.Text(), HasSubstr("mixes_followed"));
}

TEST_F(MixClientTest, FollowsAServerThatWasAway) {
  source_.Want(Mixes("a"));
  EXPECT_EQ(Arrived(), "a");
  source_.Stop();
  EXPECT_TRUE(IsLost());
  EXPECT_EQ(client_->Take(), std::nullopt) << "what was wanted before holds";
  EXPECT_TRUE(StepUntilLogged("mixes_not_followed reason=unavailable"));
  source_.Start();
  source_.Want(Mixes("b"));
  std::string letters;
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(500ms);
    client_->Step();
    const std::optional<v1::WantedMixes> wanted = client_->Take();
    if (wanted) letters = LettersOf(*wanted);
    return wanted.has_value();
  }));
  EXPECT_EQ(letters, "b");
}

TEST_F(MixClientTest, GivesUpACallThatIsSilent) {
  source_.Want(Mixes("a"));
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(client_->Step(), clock_.Monotonic() + 45s);
  clock_.Advance(44'999ms);
  client_->Step();
  EXPECT_TRUE(client_->is_following());
  clock_.Advance(1ms);
  EXPECT_TRUE(IsLost());
  clock_.Advance(500ms);
  EXPECT_EQ(Arrived(), "a");
  EXPECT_EQ(source_.calls(), 2);
}

TEST_F(MixClientTest, KeepsACallInWhichSetsAreRepeated) {
  for (int i = 0; i < 5; ++i) {
    source_.Want(Mixes("a"));
    EXPECT_EQ(Arrived(), "a");
    clock_.Advance(44s);
  }
  EXPECT_EQ(source_.calls(), 1);
}

TEST_F(MixClientTest, EndsItsCallWithItself) {
  source_.Want(Mixes("a"));
  EXPECT_EQ(Arrived(), "a");
  client_.reset();
  EXPECT_TRUE(Eventually([&] { return source_.followers() == 0; }));
}

}  // namespace
}  // namespace rtcroom
