#include "daemon/core/session_token.h"

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

TEST(SessionToken, IsTakenApart) {
  const auto parts = ParseSessionToken(kToken);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->secret, kSecret);
  EXPECT_EQ(parts->application, "53724e01*MzY4NjI=");
  EXPECT_TRUE(ParseSessionToken(kSecret + "*1*MA=="));
  EXPECT_TRUE(ParseSessionToken(kSecret + "*ffffffff*MDEy"));
}

TEST(SessionToken, HasNoOtherForm) {
  const std::string tail = "*53724e01*MzY4NjI=";
  for (const std::string& text : {std::string(),
                                  std::string("*"),
                                  std::string("**"),
                                  std::string("undefined"),
                                  kSecret,
                                  kSecret + "*53724e01",
                                  kSecret + "**MA==",
                                  kSecret + "*53724e01*",  // parts missing
                                  kSecret + tail + "*",
                                  kSecret + tail + "*MA==",  // one too many
                                  kSecret.substr(1) + tail,
                                  kSecret + "0" + tail,                       // its length
                                  "0123456789ABCDEF0123456789abcdef" + tail,  // upper case
                                  "g123456789abcdef0123456789abcdef" + tail,  // no hex
                                  kSecret + "*53724e010*MA==",
                                  kSecret + "*53724G01*MA==",  // no 32-bit hex
                                  kSecret + "*53724e01*MA=",
                                  kSecret + "*53724e01*M===",  // no base64
                                  kSecret + "*53724e01*====",
                                  kSecret + "*53724e01*M=A=",  //
                                  kSecret + "*53724e01*+AA=",
                                  kSecret + "*53724e01*/AA=",  // not for queries
                                  kSecret + "*53724e01*MA%3D",
                                  kSecret + "*53724e01* A==",                     //
                                  kSecret + "*53724e01*" + std::string(68, 'A'),  // too long
                                  kSecret + "*53724e01*MA==" + std::string(1, '\0'),
                                  " " + kToken,
                                  kToken + "\n"}) {
    EXPECT_FALSE(ParseSessionToken(text)) << text;
  }
}

}  // namespace
}  // namespace rtcroom
