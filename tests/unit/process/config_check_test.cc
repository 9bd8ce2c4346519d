#include "daemon/process/config_check.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/mutex.h"
#include "tests/support/awaited.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Findings = std::vector<ConfigFinding>;

Config CompleteConfig() {
  Config config;
  config.live.bizid = "8888";
  config.live.push_key = Secret("k");
  config.im.sdk_app_id = 1'400'000'001;
  config.im.secret_key = Secret("k");
  return config;
}

ConfigFinding Missing(ConfigPart part) { return {.part = part, .fault = ConfigFault::kMissing}; }

TEST(MissingParts, AreEmptyForACompleteConfiguration) {
  EXPECT_THAT(FindMissingParts(CompleteConfig()), IsEmpty());
}

TEST(MissingParts, ContainAllSettingsThatClientsNeed) {
  EXPECT_THAT(FindMissingParts(Config()),
              ElementsAre(Missing(ConfigPart::kLiveAddress), Missing(ConfigPart::kImApplication),
                          Missing(ConfigPart::kImKey)));
}

TEST(MissingParts, ContainNoKeysForASelfHostedMediaServer) {
  Config config = CompleteConfig();
  config.live = {.push_host = "push.example.com"};
  EXPECT_THAT(FindMissingParts(config), IsEmpty());
  config.live.bizid = "8888";
  EXPECT_THAT(FindMissingParts(config), ElementsAre(Missing(ConfigPart::kLiveKey)));
}

TEST(MissingParts, ContainTheKeyOfTheSigVersion) {
  Config config = CompleteConfig();
  config.im.sig_version = 1;
  EXPECT_THAT(FindMissingParts(config), ElementsAre(Missing(ConfigPart::kImKey)));
  config.im.private_key_file = "key.pem";
  EXPECT_THAT(FindMissingParts(config), IsEmpty());
}

TEST(FindingOfImAnswer, NamesTheSettingForAnErrorCode) {
  struct Row {
    int error_code;
    ConfigPart part;
  };
  for (const Row& row :
       {Row{70020, ConfigPart::kImApplication}, Row{70014, ConfigPart::kImApplication},
        Row{60006, ConfigPart::kImApplication}, Row{60020, ConfigPart::kImApplication},
        Row{60010, ConfigPart::kImAdministrator}, Row{70013, ConfigPart::kImAdministrator},
        Row{70009, ConfigPart::kImKey}, Row{70001, ConfigPart::kImKey},
        Row{70003, ConfigPart::kImKey}, Row{70019, ConfigPart::kImKey},
        Row{70021, ConfigPart::kImService}, Row{10002, ConfigPart::kImService},
        Row{-1, ConfigPart::kImService}}) {
    EXPECT_EQ(FindingOfImAnswer({.answered = true, .error_code = row.error_code}),
              (ConfigFinding{
                  .part = row.part, .fault = ConfigFault::kRefused, .error_code = row.error_code}))
        << row.error_code;
  }
  EXPECT_EQ(FindingOfImAnswer({.answered = true}), std::nullopt);
  EXPECT_EQ(FindingOfImAnswer({}),
            (ConfigFinding{.part = ConfigPart::kImService, .fault = ConfigFault::kUnreachable}));
}

/// An IM service that can be blocked.
class ConfigCheckTest : public testing::Test {
 protected:
  Result<ImProbeAnswer> AskIm(std::chrono::milliseconds timeout) {
    EXPECT_EQ(timeout, ConfigCheck::kMaxQuestionTime);
    ++times_asked_;
    const MutexLock lock(mutex_);
    while (held_) changed_.Wait(mutex_);
    if (throws_) throw std::runtime_error("odd");
    return answer_;
  }
  ConfigCheck::AskIm Asker() {
    return [this](std::chrono::milliseconds timeout) { return AskIm(timeout); };
  }
  void SetHeld(bool held) {
    const MutexLock lock(mutex_);
    held_ = held;
    changed_.NotifyAll();
  }
  Findings FindingsOf(ConfigCheck& check) {
    Awaited<Findings> findings;
    check.Check(findings.Callback());
    return findings.Get();
  }

  std::atomic<int> times_asked_{0};
  Mutex mutex_;
  CondVar changed_;
  bool held_ = false;
  bool throws_ = false;
  Result<ImProbeAnswer> answer_ = ImProbeAnswer{.answered = true};
  FakeClock clock_;
  Logger logger_{LogFormat::kJson, LogLevel::kError};
  CallPool calls_{clock_, logger_, {.callers = 1, .max_waiting = 1}};
};

const ConfigFinding kNoAnswer{.part = ConfigPart::kImService, .fault = ConfigFault::kUnreachable};

TEST_F(ConfigCheckTest, FindsNothingIfTheServiceAccepts) {
  ConfigCheck check({}, Asker(), calls_);
  EXPECT_THAT(FindingsOf(check), IsEmpty());
  EXPECT_EQ(times_asked_, 1);
}

TEST_F(ConfigCheckTest, AddsServiceErrorsToMissingSettings) {
  answer_ = ImProbeAnswer{.answered = true, .error_code = 60010};
  ConfigCheck check({Missing(ConfigPart::kLiveKey)}, Asker(), calls_);
  EXPECT_THAT(FindingsOf(check), ElementsAre(Missing(ConfigPart::kLiveKey),
                                             ConfigFinding{.part = ConfigPart::kImAdministrator,
                                                           .fault = ConfigFault::kRefused,
                                                           .error_code = 60010}));
}

TEST_F(ConfigCheckTest, MakesNoCallWithoutAServiceOrAKey) {
  ConfigCheck off({Missing(ConfigPart::kLiveKey)}, {}, calls_);
  EXPECT_THAT(FindingsOf(off), ElementsAre(Missing(ConfigPart::kLiveKey)));
  ConfigCheck without_key({Missing(ConfigPart::kImKey)}, Asker(), calls_);
  EXPECT_THAT(FindingsOf(without_key), ElementsAre(Missing(ConfigPart::kImKey)));
  EXPECT_EQ(times_asked_, 0);
}

TEST_F(ConfigCheckTest, ReportsNoAnswerIfTheCallFails) {
  answer_ = ImProbeAnswer{};
  ConfigCheck check({}, Asker(), calls_);
  EXPECT_THAT(FindingsOf(check), ElementsAre(kNoAnswer));
  throws_ = true;
  EXPECT_THAT(FindingsOf(check), ElementsAre(kNoAnswer));
  throws_ = false;
  answer_ = Error{Errc::kUnavailable, "no key"};
  EXPECT_THAT(FindingsOf(check), ElementsAre(Missing(ConfigPart::kImKey)));
}

TEST_F(ConfigCheckTest, SharesOneCallAmongConcurrentChecks) {
  SetHeld(true);
  ConfigCheck check({}, Asker(), calls_);
  Awaited<Findings> first;
  Awaited<Findings> second;
  check.Check(first.Callback());
  check.Check(second.Callback());
  EXPECT_EQ(first.times() + second.times(), 0U) << "no caller's thread is blocked";
  SetHeld(false);
  EXPECT_THAT(first.Get(), IsEmpty());
  EXPECT_THAT(second.Get(), IsEmpty());
  EXPECT_EQ(times_asked_, 1);
  EXPECT_THAT(FindingsOf(check), IsEmpty());
  EXPECT_EQ(times_asked_, 2);
}

TEST_F(ConfigCheckTest, AnswersImmediatelyAfterThePoolStopped) {
  ConfigCheck check({}, Asker(), calls_);
  calls_.Stop();
  EXPECT_THAT(FindingsOf(check), ElementsAre(kNoAnswer));
  EXPECT_EQ(times_asked_, 0);
}

TEST_F(ConfigCheckTest, AnswersWaitingChecksWhenThePoolCloses) {
  SetHeld(true);
  ConfigCheck check({}, Asker(), calls_);
  ConfigCheck other({}, Asker(), calls_);
  Awaited<Findings> asked;
  Awaited<Findings> waiting;
  check.Check(asked.Callback());
  ASSERT_TRUE(Eventually([this] { return times_asked_ == 1; }));
  other.Check(waiting.Callback());
  calls_.Close();
  EXPECT_THAT(waiting.Get(), ElementsAre(kNoAnswer));
  SetHeld(false);
  EXPECT_THAT(asked.Get(), IsEmpty());
  calls_.Stop();
}

}  // namespace
}  // namespace rtcroom
