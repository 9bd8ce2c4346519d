// Assertions about `Result` and `Status`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/base/result.h"

namespace rtcroom {

template <typename Outcome>
testing::AssertionResult IsOk(const Outcome& outcome) {
  if (outcome.ok()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "failed with " << outcome.error();
}

template <typename Outcome>
testing::AssertionResult FailsWith(const Outcome& outcome, Errc code) {
  if (outcome.ok()) return testing::AssertionFailure() << "succeeded instead of " << code;
  if (outcome.error().code == code) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "failed with " << outcome.error() << " instead of " << code;
}

}  // namespace rtcroom

#define EXPECT_OK(outcome) EXPECT_TRUE(::rtcroom::IsOk(outcome))
#define ASSERT_OK(outcome) ASSERT_TRUE(::rtcroom::IsOk(outcome))
#define EXPECT_ERROR(code, outcome) \
  EXPECT_TRUE(::rtcroom::FailsWith(outcome, ::rtcroom::Errc::code))
