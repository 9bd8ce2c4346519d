#include "daemon/auth/user_sig_envelope.h"

#include <string>

#include <gtest/gtest.h>
#include <zlib.h>

#include "daemon/base/base64.h"

namespace rtcroom {
namespace {

/// In the URL-safe form of a ticket.
std::string Encoded(const std::string& packed) {
  std::string sig = EncodeBase64(packed);
  for (char& character : sig) {
    if (character == '+') character = '*';
    if (character == '/') character = '-';
    if (character == '=') character = '_';
  }
  return sig;
}

/// The envelope without a size limit, as any client can make it.
std::string PackAnything(const std::string& content) {
  uLongf length = compressBound(content.size());
  std::string packed(length, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &length,
            reinterpret_cast<const Bytef*>(content.data()), content.size(), Z_BEST_COMPRESSION);
  packed.resize(length);
  return Encoded(packed);
}

TEST(UserSigEnvelope, RoundTrips) {
  for (const std::string& text : {std::string(), std::string("{}"), std::string(500, 'x')}) {
    EXPECT_EQ(UnpackUserSig(PackUserSig(text)), text);
  }
}

TEST(UserSigEnvelope, IsSafeInAUrl) {
  std::string content;
  for (int round = 0; round < 400; ++round) content += static_cast<char>(round * 7919 >> 3);
  const std::string sig = PackUserSig(content);
  EXPECT_EQ(sig.find_first_of("+/="), std::string::npos);
  EXPECT_EQ(UnpackUserSig(sig), content);
}

TEST(UserSigEnvelope, AcceptsASigUpToTheSizeBound) {
  EXPECT_TRUE(UnpackUserSig(PackAnything(std::string(kMaxUserSigJson, 'x'))));
  EXPECT_FALSE(UnpackUserSig(PackAnything(std::string(kMaxUserSigJson + 1, 'x'))));
}

TEST(UserSigEnvelope, RefusesAMegabyteOfZeros) {
  EXPECT_FALSE(UnpackUserSig(PackAnything(std::string(1'000'000, '\0'))));
}

TEST(UserSigEnvelope, RefusesAVeryLongText) {
  EXPECT_FALSE(UnpackUserSig(std::string(1'000'000, 'A')));
}

TEST(UserSigEnvelope, RefusesCharactersOfOrdinaryBase64) {
  const std::string sig = PackUserSig("{}");  // ends in padding
  ASSERT_TRUE(sig.ends_with('_'));
  EXPECT_FALSE(UnpackUserSig(sig.substr(0, sig.size() - 1) + "="));
}

TEST(UserSigEnvelope, RefusesEveryTruncation) {
  const std::string sig = PackUserSig("{\"TLS.ver\":\"2.0\"}");
  for (std::size_t length = 0; length < sig.size(); ++length) {
    EXPECT_FALSE(UnpackUserSig(sig.substr(0, length))) << length;
  }
}

TEST(UserSigEnvelope, RefusesTrailingBytes) {
  std::string packed(64, '\0');
  uLongf length = packed.size();
  const std::string text = "{}";
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &length,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  packed.resize(length + 3, 'x');
  EXPECT_FALSE(UnpackUserSig(Encoded(packed)));
}

TEST(UserSigEnvelope, RefusesTextThatIsNotDeflated) {
  EXPECT_FALSE(UnpackUserSig(""));
  EXPECT_FALSE(UnpackUserSig("not a ticket"));
  EXPECT_FALSE(UnpackUserSig("AAAA"));
}

}  // namespace
}  // namespace rtcroom
