// Power cuts under the SQLite store: no acknowledged change is lost, no change is partial.
#include <cstdint>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "tests/powercut/power_cut_trial.h"
#include "tests/support/cycles.h"

namespace rtcroom {
namespace {

/// @return the fault found, with the number of the cut; nullopt after `cuts` without a fault.
std::optional<std::string> RunTrial(const PowerCutTrialOptions& options, int cuts) {
  PowerCutTrial trial(options);
  for (int cut = 1; cut <= cuts; ++cut) {
    if (const std::optional<std::string> fault = trial.RunCycle()) {
      return "after cut " + std::to_string(cut) + ": " + *fault;
    }
  }
  return std::nullopt;
}

/// Twenty disks, each with its own seed and number of cuts.
///
/// Every disk preserves the bytes around an interrupted write, which SQLite's Unix VFS assumes.
/// Without that, SQLite may lose a transaction that was interrupted before its acknowledgement but
/// found complete at the next start.
class SqlitePowerCut : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SqlitePowerCut, LosesNoAcknowledgedWrite) {
  PowerCutTrialOptions options{.seed = Seed(0) + GetParam()};
  options.disk.sector_size = GetParam() % 2 == 0 ? 512 : 4096;
  options.callers = GetParam() % 5 == 0 ? 3 : 1;
  EXPECT_EQ(RunTrial(options, static_cast<int>(Cycles(4))), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SqlitePowerCut, testing::Range<std::uint64_t>(1, 21));

TEST(SqlitePowerCutTrial, LosesNothingDuringCheckpoints) {
  // Batches large enough to fill the log, so that it is checkpointed and restarted between commits.
  const PowerCutTrialOptions options{.seed = Seed(1),
                                     .rooms_per_caller = 500,
                                     .most_commands_per_batch = 300,
                                     .most_operations = 30'000};
  EXPECT_EQ(RunTrial(options, static_cast<int>(Cycles(4))), std::nullopt);
}

TEST(SqlitePowerCutTrial, DetectsDisabledSync) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_NE(RunTrial({.seed = seed, .durability = Durability::kOff}, 20), std::nullopt) << seed;
  }
}

}  // namespace
}  // namespace rtcroom
