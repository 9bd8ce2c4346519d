// Histories of a register, which the search explains or does not.
#include "tests/support/linearization.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

/// Writes `written`; otherwise reads.
struct Access {
  std::optional<int> written;
  int read = 0;
};

struct Register {
  int value = 0;

  bool Apply(const Access& access) {
    if (!access.written) return access.read == value;
    value = *access.written;
    return true;
  }
  auto operator<=>(const Register&) const = default;
};

using Calls = std::vector<TimedCall<Access>>;

TimedCall<Access> Write(int value, std::int64_t begun, std::int64_t ended) {
  return {.call = {.written = value}, .begun = begun, .ended = ended};
}
TimedCall<Access> Read(int value, std::int64_t begun, std::int64_t ended) {
  return {.call = {.written = {}, .read = value}, .begun = begun, .ended = ended};
}
TimedCall<Access> LostWrite(int value, std::int64_t begun) {
  return {.call = {.written = value}, .begun = begun};
}

bool Explained(const Calls& calls) {
  return Linearization<Register, Access>(calls).Exists(Register());
}

TEST(Linearization, AReadSeesWhatWasWrittenBefore) {
  EXPECT_TRUE(Explained({Write(1, 0, 1), Read(1, 2, 3)}));
  EXPECT_FALSE(Explained({Write(1, 0, 1), Read(0, 2, 3)}));
  EXPECT_FALSE(Explained({Read(1, 0, 1), Write(1, 2, 3)}));
}

TEST(Linearization, AReadDuringAWriteSeesEither) {
  EXPECT_TRUE(Explained({Write(1, 0, 9), Read(1, 2, 3)}));
  EXPECT_TRUE(Explained({Write(1, 0, 9), Read(0, 2, 3)}));
  EXPECT_TRUE(Explained({Write(1, 0, 9), Read(0, 2, 3), Read(1, 4, 5)}));
}

TEST(Linearization, NoReadSeesWhatIsOlderThanAnEarlierOneSaw) {
  EXPECT_FALSE(Explained({Write(1, 0, 9), Read(1, 2, 3), Read(0, 4, 5)}));
}

TEST(Linearization, ConcurrentWritesAreInOneOrderForAll) {
  const Calls one_order = {Write(1, 0, 9), Write(2, 0, 9), Read(1, 10, 11), Read(1, 12, 13)};
  EXPECT_TRUE(Explained(one_order));
  const Calls two_orders = {Write(1, 0, 9), Write(2, 0, 9), Read(1, 10, 11), Read(2, 12, 13)};
  EXPECT_FALSE(Explained(two_orders));
}

TEST(Linearization, AWriteOfUnknownOutcomeHappensOnceLaterOrNever) {
  EXPECT_TRUE(Explained({LostWrite(1, 0), Read(0, 2, 3)}));
  EXPECT_TRUE(Explained({LostWrite(1, 0), Read(0, 2, 3), Read(1, 4, 5)}));
  EXPECT_FALSE(Explained({LostWrite(1, 0), Read(1, 2, 3), Read(0, 4, 5)}));
  EXPECT_FALSE(Explained({Read(1, 0, 1), LostWrite(1, 2)}));
}

}  // namespace
}  // namespace rtcroom
