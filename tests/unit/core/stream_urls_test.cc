#include "daemon/core/stream_urls.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(IsStreamName, AcceptsOnlyPlainNamesOfBoundedLength) {
  for (const std::string& name :
       {std::string("a"), std::string("8888_user-1_AZaz09"), std::string(255, 'x')}) {
    EXPECT_TRUE(IsStreamName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string(256, 'x'), std::string("a b"), std::string("a/b"),
        std::string("a.b"), std::string("a\n"), std::string("a\0", 2), std::string("\xC3\xA9")}) {
    EXPECT_FALSE(IsStreamName(name)) << name;
  }
}

}  // namespace
}  // namespace rtcroom
