#include "daemon/base/base64.h"

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

// The examples of RFC 4648, section 10.
TEST(Base64, EncodesTheExamplesOfTheRfc) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg==");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8=");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("foobar"), "Zm9vYmFy");
}

TEST(Base64, RoundTrips) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    bytes += static_cast<char>(byte);
  }
}

TEST(Base64, RejectsNonCanonicalText) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=", "Zg==Zg==", "Zm9v\n",
                           " Zm9v", "Zm9v    ", "Zm 9", "Zm-v", "Zm_v", "Zm9v=", "Zg=A"}) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rtcroom
