#include "daemon/cli/printable.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

TEST(Printable, KeepsPrintableText) {
  for (const char* text : {"", "a room", "房间", "Größe", "🙂", "a\"b'c"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(Printable, EscapesTerminalControlCharacters) {
  EXPECT_EQ(Printable("\x1b[2J"), "\\u001b[2J");
  EXPECT_EQ(Printable("a\nb\r\tc"), "a\\u000ab\\u000d\\u0009c");
  EXPECT_EQ(Printable("\x7f"), "\\u007f");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m")
      << "the other spelling of ESC [";
  EXPECT_EQ(Printable("\xe2\x80\xae"
                      "abc"),
            "\\u202eabc")
      << "reverses the text direction";
  EXPECT_EQ(Printable("\xe2\x80\xa8"), "\\u2028") << "an end of line";
  EXPECT_EQ(Printable("\\u001b"), "\\\\u001b") << "a literal escape sequence is escaped";
  EXPECT_EQ(Printable(std::string(1, '\0')), "\\u0000");
}

TEST(Printable, EscapesInvalidUtf8AsBytes) {
  EXPECT_EQ(Printable("a\xff"
                      "b"),
            "a\\xffb");
  EXPECT_EQ(Printable("\xe6\x88"), "\\xe6\\x88");
  EXPECT_EQ(Printable("\x80"), "\\x80");
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf") << "an overlong form";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

TEST(Printable, CutsAfterAWholeCharacter) {
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
  EXPECT_EQ(Printable("房间", 1), "房...");
  EXPECT_EQ(Printable("abc", 3), "abc");
}

}  // namespace
}  // namespace rtcroom
