#include "daemon/auth/session_token.h"

#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const std::string kToken = kSecret + "*53724e01*MzY4NjI=";

TEST(SessionToken, IsSecretApplicationAndAccountType) {
  EXPECT_EQ(TokenApplication(1400000001, "MzY4NjI="), "53724e01*MzY4NjI=");
  EXPECT_EQ(FormatSessionToken({.secret = kSecret, .application = "53724e01*MzY4NjI="}), kToken);
}

TEST(SessionToken, IsParsedIntoItsParts) {
  const auto parts = ParseSessionToken(kToken);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->secret, kSecret);
  EXPECT_EQ(parts->application, "53724e01*MzY4NjI=");
  EXPECT_TRUE(ParseSessionToken(kSecret + "*1*MA=="));
  EXPECT_TRUE(ParseSessionToken(kSecret + "*ffffffff*MDEy"));
}

TEST(SessionToken, IsRejectedInOtherForms) {
  const std::string tail = "*53724e01*MzY4NjI=";
  const struct {
    const char* fault;
    std::string text;
  } rows[] = {
      {"empty", ""},
      {"nothing but its marks", "**"},
      {"what clients send before login", "undefined"},
      {"a secret alone", kSecret},
      {"no account type", kSecret + "*53724e01"},
      {"an empty account type", kSecret + "*53724e01*"},
      {"an empty application", kSecret + "**MA=="},
      {"a third mark", kSecret + tail + "*"},
      {"a part too many", kSecret + tail + "*MA=="},
      {"a short secret", kSecret.substr(1) + tail},
      {"a long secret", kSecret + "0" + tail},
      {"a secret in upper case", "0123456789ABCDEF0123456789abcdef" + tail},
      {"a secret that is no hex", "g123456789abcdef0123456789abcdef" + tail},
      {"an application past 32 bits", kSecret + "*53724e010*MA=="},
      {"an application that is no hex", kSecret + "*53724g01*MA=="},
      {"base64 cut short", kSecret + "*53724e01*MA="},
      {"padding alone", kSecret + "*53724e01*M==="},
      {"padding inside", kSecret + "*53724e01*M=A="},
      {"a plus, which a query reads as a space", kSecret + "*53724e01*+AA="},
      {"a slash", kSecret + "*53724e01*/AA="},
      {"an escape", kSecret + "*53724e01*MA%3D"},
      {"a space inside", kSecret + "*53724e01* A=="},
      {"a very long account type", (kSecret + "*53724e01*").append(68, 'A')},
      {"a NUL at its end", kSecret + std::string("*53724e01*MA==\0", 15)},
      {"a space before", " " + kToken},
      {"a line feed after", kToken + "\n"},
  };
  for (const auto& [fault, text] : rows) EXPECT_FALSE(ParseSessionToken(text)) << fault;
}

}  // namespace
}  // namespace rtcroom
