#include "daemon/core/ids.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(IdText, IsPrintableAsciiWithoutUrlDelimiters) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte);
    const bool is_printable = byte > 0x20 && byte < 0x7F;
    const bool is_forbidden =
        std::string("/?#&%+\"\\").find(static_cast<char>(byte)) != std::string::npos;
    EXPECT_EQ(IsIdText(text), is_printable && !is_forbidden) << byte;
  }
}

TEST(IdText, IsNotEmpty) { EXPECT_FALSE(IsIdText("")); }

}  // namespace
}  // namespace rtcroom
