#include "daemon/base/exception_type.h"

#include <stdexcept>
#include <string>
#include <typeinfo>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

template <typename Thrown>
std::string TypeOf(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return std::string(CurrentExceptionType());
  }
}

TEST(TypeOfThrownTest, ReturnsTheTypeWithoutTheMessage) {
  EXPECT_EQ(TypeOf(std::runtime_error("a secret")), typeid(std::runtime_error).name());
}

TEST(TypeOfThrownTest, ReportsTypesOutsideStdException) {
  EXPECT_EQ(TypeOf(7), "not a std::exception");
}

}  // namespace
}  // namespace rtcroom
