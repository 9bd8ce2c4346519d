#include "daemon/base/digest.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/base/text.h"

namespace rtcroom {
namespace {

struct Md5Vector {
  const char* use;
  const char* text;  ///< key and signed data, concatenated
  const char* hex;
};

// From protocol D.5: inputs for signatures of the live service and its callbacks.
constexpr Md5Vector kMd5Vectors[] = {
    {"live API, version 1", "testapikey01234567891700000300", "a4c1b1efd0f3ba3669a57e8c706a4dc6"},
    {"the same, for mixing", "testapikey01234567891700000060", "3f7b0990b58f75af904bc16541f75402"},
    {"the same, as published", "40328529ca4381a80c6ecf2e6aa574381490858347",
     "7f29ed83c61b77de1b0d66936fd4fd44"},
    {"get_login_info", "testapikey01234567891700003600user_0001",
     "fdddb6a51470954186d6d5450d02e9b9"},
    {"a callback of the live service", "testcallbackkey1700000600",
     "b14d2c6e73da1e10af979c650f4b777c"},
    {"a token of the older servers", "testapikey0123456789140000000136862user_00010123456789ab",
     "776a03d56786da873d983b637a16aca8"},
};

TEST(Md5Hex, MatchesPublishedSignatures) {
  for (const Md5Vector& vector : kMd5Vectors) {
    EXPECT_EQ(Md5Hex(vector.text), vector.hex) << vector.use;
  }
}

// RFC 4231, test cases 1, 2 and 6.
TEST(HmacKey, SignsWithKeysOfAnyLength) {
  EXPECT_EQ(ToHex(HmacKey(Secret(std::string(20, '\x0b'))).Sign("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacKey(Secret("Jefe")).Sign("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacKey(Secret(std::string(131, '\xaa')))
                      .Sign("Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacKey, SignsEveryTextFromTheBeginning) {
  const HmacKey key(Secret("Jefe"));
  const std::string first = key.Sign("one");
  EXPECT_NE(key.Sign("two"), first);
  EXPECT_EQ(key.Sign("one"), first);
}

// RFC 7914, section 12: the beginning of the third one.
TEST(Scrypt, MatchesAPublishedKey) {
  constexpr std::size_t kBytes = 16;
  EXPECT_EQ(ToHex(Scrypt(Secret("pleaseletmein"), "SodiumChloride", kBytes)),
            "7023bdcb3afd7348461c06cd81fd38eb");
}

TEST(SameBytes, ComparesTextsOfAnyLength) {
  EXPECT_TRUE(SameBytes("", ""));
  EXPECT_TRUE(SameBytes("abc", "abc"));
  EXPECT_FALSE(SameBytes("abc", "abd"));
  EXPECT_FALSE(SameBytes("abc", "ab"));
  EXPECT_FALSE(SameBytes("", "a"));
}

}  // namespace
}  // namespace rtcroom
