#include "daemon/media/tc3_signature.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/base/digest.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

constexpr const char* kJson = "application/json; charset=utf-8";
// The backslash escapes are literal bytes.
constexpr const char* kP0 =
    R"({"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]})";
constexpr const char* kP1 = R"({"SdkAppId":1400000001,"RoomId":"room_ab12_cd"})";
constexpr const char* kP2 =
    R"({"AppName":"live","DomainName":"8888.livepush.myqcloud.com","StreamName":"8888_user_0001"})";

constexpr const char* kPublishedKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
constexpr const char* kOwnKey = "TestSecretKeyTestSecretKey012345";

TimePoint At(std::int64_t timestamp) { return TimePoint(std::chrono::seconds(timestamp)); }

/// A vector of protocol D.8.
struct Vector {
  const char* name;
  const char* key;
  const char* service;
  std::int64_t timestamp;
  std::vector<Tc3Header> headers;
  const char* payload;
  const char* payload_hash;
  const char* request_hash;
  const char* signature;
};

std::vector<Vector> Vectors() {
  return {
      {"published",
       kPublishedKey,
       "cvm",
       1551113065,
       {{"content-type", kJson}, {"host", "cvm.tencentcloudapi.com"}},
       kP0,
       "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
       "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031",
       "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"},
      {"published, newer form",
       "********************************",
       "cvm",
       1551113065,
       {{"content-type", kJson},
        {"host", "cvm.tencentcloudapi.com"},
        {"x-tc-action", "describeinstances"}},
       kP0,
       "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064",
       "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84",
       "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"},
      {"own 1",
       kOwnKey,
       "trtc",
       1700000000,
       {{"content-type", kJson},
        {"host", "trtc.tencentcloudapi.com"},
        {"x-tc-action", "dismissroombystrroomid"}},
       kP1,
       "8866aac544a4784c6fa82f2f388550f99415bcec720dc3c751de93fea36e7510",
       "ed773195f8030da7dd4a39947522880af02ffa7d12eb75c3dd38e5791828ac4d",
       "fed1663dc7792306d6ff9ed336eecbde3a7e5c23109afab4ee6600b424e2eaa1"},
      {"own 2",
       kOwnKey,
       "live",
       1700000000,
       {{"content-type", kJson}, {"host", "live.tencentcloudapi.com"}},
       kP2,
       "2a1d21ed9069cbd4421d13c3f661847d5a09ed0dcf91906cc51d5fb897d97bf7",
       "e3e0119a5990bcfbf6407e79483d4448be0fa83881500668b30dbf578fd331b3",
       "84c990faf341b21c4d186e5c6ee1b5c3dfdbb356299bdd329c22bbf237316e60"},
  };
}

TEST(Tc3Signature, MatchesThePublishedVectors) {
  for (const Vector& vector : Vectors()) {
    SCOPED_TRACE(vector.name);
    EXPECT_EQ(Sha256Hex(vector.payload), vector.payload_hash);
    EXPECT_EQ(Tc3RequestHash(vector.headers, vector.payload), vector.request_hash);
    const Secret key{vector.key};
    EXPECT_EQ(SignTc3({.secret_id = "id", .secret_key = key}, vector.service, vector.headers,
                      vector.payload, At(vector.timestamp))
                  .hex,
              vector.signature);
  }
}

TEST(Tc3Signature, DerivesAKeyForADateAndService) {
  const Tc3Keys keys =
      DeriveTc3Keys(Secret("********************************"), "2019-02-25", "cvm");
  EXPECT_EQ(ToHex(keys.of_date.Reveal()),
            "da98fb70dcf6b112dc21038d1eeeb3a95c74b4dcb12c1131f864f6066bd02be0");
  EXPECT_EQ(ToHex(keys.of_service.Reveal()),
            "8d70cbefb03939f929db64d32dc2ba89b1095620119fe3e050e2b18c5bd2752f");
  EXPECT_EQ(ToHex(keys.of_signing.Reveal()),
            "b596b923aad85185e2d1f6659d2a062e0a86731226e021e61bfe06f7ed05f5af");
}

TEST(Tc3Signature, WritesTheAuthorizationHeader) {
  const Secret key{kOwnKey};
  const std::array headers = {Tc3Header{"content-type", kJson},
                              Tc3Header{"host", "live.tencentcloudapi.com"}};
  EXPECT_EQ(
      SignTc3({.secret_id = "AKIDEXAMPLE", .secret_key = key}, "live", headers, kP2, At(1700000000))
          .authorization.Reveal(),
      "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/live/tc3_request, "
      "SignedHeaders=content-type;host, "
      "Signature=84c990faf341b21c4d186e5c6ee1b5c3dfdbb356299bdd329c22bbf237316e60");
}

// 1709164799 is 2024-02-28T23:59:59Z, before a leap day.
TEST(Tc3Signature, TakesTheDateInUtc) {
  const auto scope_at = [](std::int64_t timestamp) {
    const Secret key{kOwnKey};
    const std::string authorization =
        SignTc3({.secret_id = "id", .secret_key = key}, "live", {}, "", At(timestamp))
            .authorization.Reveal();
    return authorization.substr(authorization.find("id/"), 13);
  };
  EXPECT_EQ(scope_at(1709164799), "id/2024-02-28");
  EXPECT_EQ(scope_at(1709164800), "id/2024-02-29");
  EXPECT_EQ(scope_at(1709251199), "id/2024-02-29");
  EXPECT_EQ(scope_at(1704067199), "id/2023-12-31");
}

}  // namespace
}  // namespace rtcroom
