#include "daemon/mix/mix_supervisor.h"

#include <csignal>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/fake_clock.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Arguments = std::vector<std::string>;

/// What a test sees of a program, and decides about it.
struct FakeProgram {
  Arguments arguments = {};
  std::vector<int> signals = {};
  std::optional<int> exit_code = {};
  bool is_destroyed = false;
};

class FakePrograms : public MixPrograms {
 public:
  Result<std::unique_ptr<MixProgram>> Start(const std::string& stream,
                                            const Arguments& arguments) override {
    if (fails_) return Error{Errc::kUnavailable, "no more processes"};
    const auto program = std::make_shared<FakeProgram>(FakeProgram{.arguments = arguments});
    started_[stream].push_back(program);
    return std::unique_ptr<MixProgram>(std::make_unique<Handle>(program));
  }

  void Fail(bool fails) { fails_ = fails; }
  /// How many were started for that stream.
  std::size_t Count(const std::string& stream) { return started_[stream].size(); }
  /// The last one.
  FakeProgram& Of(const std::string& stream) { return *started_[stream].back(); }

 private:
  class Handle : public MixProgram {
   public:
    explicit Handle(std::shared_ptr<FakeProgram> program) : program_(std::move(program)) {}
    ~Handle() override { program_->is_destroyed = true; }
    void Signal(int signal) override { program_->signals.push_back(signal); }
    std::optional<int> ExitCode() override { return program_->exit_code; }

   private:
    const std::shared_ptr<FakeProgram> program_;  // read by the test after its end
  };

  std::map<std::string, std::vector<std::shared_ptr<FakeProgram>>> started_;
  bool fails_ = false;
};

class MixSupervisorTest : public testing::Test {
 protected:
  std::optional<MonotonicTime> Want(const WantedPrograms& wanted) {
    supervisor_.Want(wanted);
    return supervisor_.Step();
  }
  std::optional<MonotonicTime> StepAfter(std::chrono::milliseconds time) {
    clock_.Advance(time);
    return supervisor_.Step();
  }
  [[nodiscard]] MonotonicTime In(std::chrono::milliseconds time) const {
    return clock_.Monotonic() + time;
  }
  void End(const std::string& stream, int exit_code) { programs_.Of(stream).exit_code = exit_code; }

  FakeClock clock_;
  FakePrograms programs_;
  const CapturedLog log_;
  Logger logger_{LogFormat::kText, LogLevel::kInfo, log_.file()};
  MixSupervisor supervisor_{{.max = 2},
                            {.programs = programs_, .clock = clock_, .logger = logger_}};
};

TEST_F(MixSupervisorTest, StartsAProgramForEachMix) {
  EXPECT_EQ(Want({{"a", {"1"}}, {"b", {"2"}}}), std::nullopt);
  EXPECT_EQ(programs_.Of("a").arguments.back(), "1");
  EXPECT_EQ(programs_.Of("b").arguments.back(), "2");
  EXPECT_EQ(supervisor_.running(), 2U);
}

TEST_F(MixSupervisorTest, LetsTimestampsOfTheNextProgramFollow) {
  Want({{"a", {"1"}}});  // an hour after the clock's beginning
  EXPECT_THAT(programs_.Of("a").arguments, ElementsAre("-output_ts_offset", "3600.000", "1"));
  Want({{"a", {"2"}}});
  End("a", 255);
  StepAfter(2050ms);
  EXPECT_THAT(programs_.Of("a").arguments, ElementsAre("-output_ts_offset", "3602.050", "2"));
}

TEST_F(MixSupervisorTest, LeavesARunningProgramAloneWhileItsMixIsTheSame) {
  Want({{"a", {"1"}}});
  Want({{"a", {"1"}}});
  StepAfter(1h);
  EXPECT_EQ(programs_.Count("a"), 1U);
  EXPECT_THAT(programs_.Of("a").signals, IsEmpty());
}

TEST_F(MixSupervisorTest, ReplacesAProgramAfterItsEndWhenTheLayoutChanges) {
  Want({{"a", {"1"}}});
  EXPECT_EQ(Want({{"a", {"2"}}}), In(3s));
  EXPECT_THAT(programs_.Of("a").signals, ElementsAre(SIGTERM));
  EXPECT_EQ(programs_.Count("a"), 1U) << "the old one has not ended";
  End("a", 255);
  supervisor_.Step();
  EXPECT_EQ(programs_.Count("a"), 2U);
  EXPECT_EQ(programs_.Of("a").arguments.back(), "2");
}

TEST_F(MixSupervisorTest, StartsTheLastLayoutOfSeveral) {
  Want({{"a", {"1"}}});
  Want({{"a", {"2"}}});
  Want({{"a", {"3"}}});
  EXPECT_THAT(programs_.Of("a").signals, ElementsAre(SIGTERM));
  End("a", 255);
  supervisor_.Step();
  EXPECT_EQ(programs_.Count("a"), 2U);
  EXPECT_EQ(programs_.Of("a").arguments.back(), "3");
}

TEST_F(MixSupervisorTest, StartsAgainWhatIsWantedAgainWhileItEnds) {
  Want({{"a", {"1"}}});
  Want({});
  Want({{"a", {"1"}}});
  End("a", 255);
  supervisor_.Step();
  EXPECT_EQ(programs_.Count("a"), 2U);
}

TEST_F(MixSupervisorTest, StopsWhatIsNoLongerWanted) {
  Want({{"a", {"1"}}, {"b", {"2"}}});
  Want({{"b", {"2"}}});
  EXPECT_THAT(programs_.Of("a").signals, ElementsAre(SIGTERM));
  EXPECT_THAT(programs_.Of("b").signals, IsEmpty());
  End("a", 255);
  EXPECT_EQ(supervisor_.Step(), std::nullopt);
  EXPECT_EQ(supervisor_.running(), 1U);
  EXPECT_THAT(log_.Text(), HasSubstr("mix_stopped"));
}

TEST_F(MixSupervisorTest, KillsOnceWhatDoesNotEndInTime) {
  Want({{"a", {"1"}}});
  Want({});
  const std::optional<MonotonicTime> next = StepAfter(2999ms);
  EXPECT_EQ(next, In(1ms));
  EXPECT_THAT(programs_.Of("a").signals, ElementsAre(SIGTERM));
  EXPECT_EQ(StepAfter(1ms), std::nullopt);
  StepAfter(1s);
  EXPECT_THAT(programs_.Of("a").signals, ElementsAre(SIGTERM, SIGKILL));
  End("a", 137);
  supervisor_.Step();
  EXPECT_EQ(supervisor_.running(), 0U);
}

TEST_F(MixSupervisorTest, StartsWhatEndedAgainAfterATimeThatGrows) {
  Want({{"a", {"1"}}});
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    const std::size_t before = programs_.Count("a");
    End("a", 1);
    EXPECT_EQ(supervisor_.Step(), In(wait));
    StepAfter(wait - 1ms);
    EXPECT_EQ(programs_.Count("a"), before);
    StepAfter(1ms);
    EXPECT_EQ(programs_.Count("a"), before + 1);
  }
  EXPECT_THAT(log_.Text(), HasSubstr("mix_ended stream=a exit_code=1 next_try_ms=30000"));
}

TEST_F(MixSupervisorTest, ForgetsFailuresAfterAProgramThatRanForAMinute) {
  Want({{"a", {"1"}}});
  End("a", 1);
  supervisor_.Step();
  StepAfter(1s);
  StepAfter(60s);
  End("a", 1);
  EXPECT_EQ(supervisor_.Step(), In(1s));
}

TEST_F(MixSupervisorTest, TriesANewLayoutAtOnceAfterAFailure) {
  Want({{"a", {"1"}}});
  End("a", 1);
  supervisor_.Step();
  Want({{"a", {"2"}}});
  EXPECT_EQ(programs_.Count("a"), 2U);
  End("a", 1);
  EXPECT_EQ(supervisor_.Step(), In(1s));
}

TEST_F(MixSupervisorTest, TriesAgainWhatCouldNotBeStarted) {
  programs_.Fail(true);
  EXPECT_EQ(Want({{"a", {"1"}}}), In(1s));
  EXPECT_THAT(log_.Text(), HasSubstr("no more processes"));
  programs_.Fail(false);
  StepAfter(999ms);
  EXPECT_EQ(programs_.Count("a"), 0U);
  StepAfter(1ms);
  EXPECT_EQ(programs_.Count("a"), 1U);
}

TEST_F(MixSupervisorTest, DoesNotStartAgainWhatIsNoLongerWanted) {
  Want({{"a", {"1"}}});
  End("a", 1);
  supervisor_.Step();
  EXPECT_EQ(Want({}), std::nullopt);
  StepAfter(1h);
  EXPECT_EQ(programs_.Count("a"), 1U);
}

TEST_F(MixSupervisorTest, HasNoMoreProgramsThanAllowedAlsoWhileOneEnds) {
  EXPECT_EQ(Want({{"a", {"1"}}, {"b", {"2"}}, {"c", {"3"}}}), std::nullopt);
  EXPECT_EQ(programs_.Count("c"), 0U);
  EXPECT_THAT(log_.Text(), HasSubstr("mix_limit_reached"));
  Want({{"b", {"2"}}, {"c", {"3"}}});
  EXPECT_EQ(programs_.Count("c"), 0U) << "the first one has not ended";
  End("a", 255);
  supervisor_.Step();
  EXPECT_EQ(programs_.Count("c"), 1U);
}

TEST_F(MixSupervisorTest, LogsNothingOfAStopAsAFailure) {
  Want({{"a", {"1"}}});
  Want({});
  End("a", 255);
  supervisor_.Step();
  EXPECT_THAT(log_.Text(), Not(HasSubstr("mix_ended")));
}

TEST_F(MixSupervisorTest, EndsItsProgramsWithItself) {
  {
    MixSupervisor other({}, {.programs = programs_, .clock = clock_, .logger = logger_});
    other.Want({{"a", {"1"}}});
    other.Step();
    EXPECT_FALSE(programs_.Of("a").is_destroyed);
  }
  EXPECT_TRUE(programs_.Of("a").is_destroyed);
}

}  // namespace
}  // namespace rtcroom
