// The call that follows wanted mixes.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "daemon/mix/mix_worker.h"
#include "tests/support/captured_log.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mix_source.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

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
      return !client_->is_served() && source_.followers() == 0;
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
  MixSource source_;
  const std::unique_ptr<MixClient> client_ = std::make_unique<MixClient>(
      MixCallOptions(Secret()),
      MixClient::Deps{
          .channel = grpc::CreateChannel(source_.address(), grpc::InsecureChannelCredentials()),
          .clock = clock_,
          .logger = logger_,
          .wake = [] {}});
};

TEST_F(MixClientTest, TakesEachSetOnce) {
  source_.Want(Mixes("ab"));
  EXPECT_EQ(Arrived(), "ab");
  EXPECT_TRUE(client_->is_served());
  EXPECT_EQ(client_->Take(), std::nullopt);
  source_.Want(Mixes("c"));
  EXPECT_EQ(Arrived(), "c");
  source_.Want(Mixes(""));
  EXPECT_EQ(Arrived(), "");
  EXPECT_EQ(source_.calls(), 1);
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

}  // namespace
}  // namespace rtcroom
