#include "daemon/auth/user_buf.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/base/base64.h"
#include "daemon/base/text.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

UserBuf NumericRoom() {
  return {.user_id = {"user_0001"},
          .sdk_app_id = vectors::kSdkAppId,
          .room = 12345U,
          .expires_at = 1'700'000'300,
          .rights = kAllRoomRights};
}

UserBuf StringRoom() {
  return {.user_id = {"user_0001"},
          .sdk_app_id = vectors::kSdkAppId,
          .room = std::string("room_ab12_cd"),
          .expires_at = 1'700'000'300,
          .rights = 42};
}

TEST(UserBuf, HasThePublishedBytes) {
  EXPECT_EQ(ToHex(EncodeUserBuf(NumericRoom())), vectors::kNumericRoomBuffer);
  EXPECT_EQ(EncodeBase64(EncodeUserBuf(NumericRoom())), vectors::kNumericRoomBufferBase64);
  EXPECT_EQ(ToHex(EncodeUserBuf(StringRoom())), vectors::kStringRoomBuffer);
}

TEST(UserBuf, IsReadFromItsBytes) {
  EXPECT_EQ(DecodeUserBuf(*DecodeBase64(vectors::kNumericRoomBufferBase64)), NumericRoom());
  EXPECT_EQ(DecodeUserBuf(EncodeUserBuf(StringRoom())), StringRoom());
}

TEST(UserBuf, KeepsTheLargestValues) {
  const UserBuf numeric{.user_id = {std::string(65535, 'u')},
                        .sdk_app_id = UINT32_MAX,
                        .room = UINT32_MAX,
                        .expires_at = UINT32_MAX,
                        .rights = UINT32_MAX,
                        .account_type = UINT32_MAX};
  UserBuf named = numeric;
  named.room = std::string(65535, '\xff');
  EXPECT_EQ(DecodeUserBuf(EncodeUserBuf(numeric)), numeric);
  EXPECT_EQ(DecodeUserBuf(EncodeUserBuf(named)), named);
  EXPECT_EQ(DecodeUserBuf(EncodeUserBuf(UserBuf())), UserBuf());
}

TEST(UserBuf, IsNotReadFromFewerOrMoreBytes) {
  for (const UserBuf& userbuf : {NumericRoom(), StringRoom()}) {
    const std::string bytes = EncodeUserBuf(userbuf);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(DecodeUserBuf(bytes.substr(0, length))) << length;
    }
    EXPECT_FALSE(DecodeUserBuf(bytes + '\0'));
  }
}

TEST(UserBuf, IsNotDecodedFromInvalidFlags) {
  std::string bytes = EncodeUserBuf(StringRoom());
  bytes[0] = 2;
  EXPECT_FALSE(DecodeUserBuf(bytes));  // neither a number nor a name
  bytes = EncodeUserBuf(StringRoom());
  bytes[19] = 1;
  EXPECT_FALSE(DecodeUserBuf(bytes));  // both a number and a name
}

TEST(UserBuf, ChangesWithEveryByte) {
  for (const UserBuf& userbuf : {NumericRoom(), StringRoom()}) {
    const std::string bytes = EncodeUserBuf(userbuf);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string altered = bytes;
      altered[at] = static_cast<char>(altered[at] ^ 1);
      EXPECT_NE(DecodeUserBuf(altered), userbuf) << at;
    }
  }
}

}  // namespace
}  // namespace rtcroom
