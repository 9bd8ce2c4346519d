#include "daemon/im/im_error_codes.h"

#include <ostream>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace rtcroom {
namespace {

using enum GroupCommand;
using enum ImOutcome;

/// A row of protocol D.7.
struct ErrorRow {
  int code = 0;
  ImOutcome create = kRefused;
  ImOutcome destroy = kRefused;
  ImOutcome system_notice = kRefused;
  ImOutcome custom_message = kRefused;
};

std::ostream& operator<<(std::ostream& out, const ErrorRow& row) { return out << row.code; }

/// A row that is the same for all commands.
constexpr ErrorRow Always(int code, ImOutcome outcome) {
  return {code, outcome, outcome, outcome, outcome};
}

class ImErrorCode : public testing::TestWithParam<ErrorRow> {};

TEST_P(ImErrorCode, MapsToTheOutcomeOfTheTable) {
  const ErrorRow& row = GetParam();
  EXPECT_EQ(OutcomeOfErrorCode(kCreate, row.code), row.create);
  EXPECT_EQ(OutcomeOfErrorCode(kDestroy, row.code), row.destroy);
  EXPECT_EQ(OutcomeOfErrorCode(kSystemNotice, row.code), row.system_notice);
  EXPECT_EQ(OutcomeOfErrorCode(kCustomMessage, row.code), row.custom_message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ImErrorCode,
    testing::Values(Always(0, kDone),                                                     //
                    ErrorRow{10025, kDone, kRefused, kRefused, kRefused},                 //
                    Always(10021, kTakenByAnother),                                       //
                    ErrorRow{10010, kGroupMissing, kDone, kGroupMissing, kGroupMissing},  //
                    ErrorRow{10015, kGroupMissing, kDone, kGroupMissing, kGroupMissing},  //
                    Always(10002, kPassing), Always(60008, kPassing),                     //
                    Always(60007, kTooFast), Always(60011, kTooFast),                     //
                    Always(10026, kCommandDisabled),                                      //
                    ErrorRow{10007, kRefused, kRefused, kCommandDisabled, kRefused},      //
                    Always(10036, kQuotaUsedUp), Always(10004, kRefused),                 //
                    Always(60006, kMisconfigured), Always(60010, kMisconfigured),         //
                    Always(60020, kMisconfigured)),
    [](const auto& param_info) { return fmt::format("E{}", param_info.param.code); });

TEST(ImErrorCodes, AboutSignaturesAreMisconfigurations) {
  for (int code = 70001; code <= 70020; ++code) {
    for (const GroupCommand command : {kCreate, kDestroy, kSystemNotice, kCustomMessage}) {
      EXPECT_EQ(OutcomeOfErrorCode(command, code), kMisconfigured) << code;
    }
  }
}

TEST(ImErrorCodes, AreRefusalsIfUnknown) {
  for (const int code : {-1, 1, 10003, 10013, 10037, 60001, 60009, 70000, 70021, 99999}) {
    for (const GroupCommand command : {kCreate, kDestroy, kSystemNotice, kCustomMessage}) {
      EXPECT_EQ(OutcomeOfErrorCode(command, code), kRefused) << code;
    }
  }
}

TEST(ImErrorCodes, RequestANewSignatureIfItMayHelp) {
  for (int code = 70000; code <= 70021; ++code) {
    EXPECT_EQ(NeedsNewSignature(code), code == 70001 || code == 70003) << code;
  }
  EXPECT_FALSE(NeedsNewSignature(0));
}

TEST(ImService, HasUniqueCommandAndOutcomeNames) {
  std::set<std::string> names;
  for (std::size_t command = 0; command < kGroupCommandCount; ++command) {
    names.emplace(GroupCommandName(static_cast<GroupCommand>(command)));
  }
  EXPECT_EQ(names.size(), kGroupCommandCount);
  names.clear();
  for (std::size_t outcome = 0; outcome < kImOutcomeCount; ++outcome) {
    names.emplace(ImOutcomeName(static_cast<ImOutcome>(outcome)));
  }
  EXPECT_EQ(names.size(), kImOutcomeCount);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace rtcroom
