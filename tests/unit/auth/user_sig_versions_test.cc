// What UserSigs of both versions promise.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/auth/user_sig_envelope.h"
#include "daemon/auth/user_sig_v1.h"
#include "daemon/auth/user_sig_v2.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/unit/auth/test_keys.h"
#include "tests/unit/auth/user_sig_vectors.h"

namespace rtcroom {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using vectors::Subject;

enum class SigKey {
  kPublished,  ///< that of the published tickets
  kOwn,        ///< that of the test, which signs with it
  kNone,
};

struct UserSigVersion {
  const char* name;
  const char* ticket;  ///< a published one
  seconds life;        ///< of it, from `kNoon` on
  const char* with_userbuf;
  const char* wholly_signed;  ///< a published one without TLS.version, which no signature covers
  const char* of_other_version;
  const char* life_field;
  json (*number)(std::int64_t);  ///< as it stands in a ticket
  /// Signs with `kOwn`.
  std::string (*sign)(TimePoint now, seconds life, std::string_view userbuf);
  UserSigOutcome (*verify)(const std::string& sig, const UserSigSubject& subject, SigKey key,
                           TimePoint now);
};

const EcdsaPrivateKey& OwnEcdsaKey() {
  static const EcdsaPrivateKey key = *EcdsaPrivateKey::FromPem(MakeEcKeyPair("P-256").private_pem);
  return key;
}

UserSigVersion UserSigVersion1() {
  return {.name = "V1",
          .ticket = vectors::kV1A,
          .life = seconds(2592000),
          .with_userbuf = vectors::kV1WithUserbuf,
          .wholly_signed = vectors::kV1A,
          .of_other_version = vectors::kV2,
          .life_field = "TLS.expire_after",
          .number = [](std::int64_t value) { return json(std::to_string(value)); },
          .sign =
              [](TimePoint now, seconds life, std::string_view userbuf) {
                const auto sig = SignUserSigV1(Subject(), "0", OwnEcdsaKey(), now, life, userbuf);
                EXPECT_OK(sig);
                return sig ? *sig : "";
              },
          .verify =
              [](const std::string& sig, const UserSigSubject& subject, SigKey key, TimePoint now) {
                std::optional<EcdsaPublicKey> public_key;
                if (key == SigKey::kPublished) {
                  public_key = *EcdsaPublicKey::FromPem(vectors::kPublicKeyPem);
                } else if (key == SigKey::kOwn) {
                  public_key = OwnEcdsaKey().PublicKey();
                }
                return VerifyUserSigV1(sig, subject, public_key, now);
              }};
}

UserSigVersion UserSigVersion2() {
  return {.name = "V2",
          .ticket = vectors::kV2,
          .life = seconds(86400),
          .with_userbuf = vectors::kV2WithUserbuf,
          .wholly_signed = vectors::kV2WithUserbuf,
          .of_other_version = vectors::kV1A,
          .life_field = "TLS.expire",
          .number = [](std::int64_t value) { return json(value); },
          .sign =
              [](TimePoint now, seconds life, std::string_view userbuf) {
                return SignUserSigV2(Subject(), Secret("another key"), now, life, userbuf);
              },
          .verify =
              [](const std::string& sig, const UserSigSubject& subject, SigKey key, TimePoint now) {
                Secret secret_key;
                if (key == SigKey::kPublished) secret_key = vectors::SecretKey();
                if (key == SigKey::kOwn) secret_key = Secret("another key");
                return VerifyUserSigV2(sig, subject, secret_key, now);
              }};
}

class UserSigVersions : public testing::TestWithParam<UserSigVersion> {
 protected:
  static const UserSigVersion& Version() { return GetParam(); }
  static json Unpack(const std::string& sig) {
    return json::parse(UnpackUserSig(sig).value_or(""));
  }
  static std::string Sign(TimePoint now, seconds life, std::string_view userbuf = {}) {
    return Version().sign(now, life, userbuf);
  }
  static UserSigOutcome Verify(const std::string& sig, TimePoint now = kNoon,
                               SigKey key = SigKey::kPublished) {
    return Version().verify(sig, Subject(), key, now);
  }
  /// The published ticket with a different value for `name`.
  static std::string Altered(const char* name, const json& value) {
    json object = Unpack(Version().ticket);
    object[name] = value;
    return PackUserSig(object.dump());
  }
  static std::string Without(json object, const std::string& name) {
    object.erase(name);
    return PackUserSig(object.dump());
  }
};

TEST_P(UserSigVersions, VerifyThePublishedTickets) {
  EXPECT_EQ(Verify(Version().ticket), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(Version().with_userbuf), UserSigOutcome::kOk);
}

TEST_P(UserSigVersions, VerifyTheirOwnSignature) {
  constexpr seconds kLife{2592000};
  const std::string sig = Sign(kNoon, kLife);
  EXPECT_EQ(Verify(sig, kNoon, SigKey::kOwn), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(sig, kNoon + kLife, SigKey::kOwn), UserSigOutcome::kExpired);
}

TEST_P(UserSigVersions, SignTheUserbufThatTheyCarry) {
  const std::string sig = Sign(kNoon, seconds(300), std::string("\0\xff", 2));
  json object = Unpack(sig);
  EXPECT_EQ(object["TLS.userbuf"], "AP8=");
  EXPECT_EQ(Verify(sig, kNoon, SigKey::kOwn), UserSigOutcome::kOk);
  object["TLS.userbuf"] = "AP4=";
  EXPECT_EQ(Verify(PackUserSig(object.dump()), kNoon, SigKey::kOwn), UserSigOutcome::kBadSignature);
}

TEST_P(UserSigVersions, RoundTheSigningTimeDown) {
  EXPECT_EQ(Unpack(Sign(kNoon + milliseconds(999), seconds(1)))["TLS.time"],
            Version().number(1700000000));
}

TEST_P(UserSigVersions, AreValidUntilTheSecondOfTheirExpiry) {
  const TimePoint expiry = kNoon + Version().life;
  EXPECT_EQ(Verify(Version().ticket, expiry - milliseconds(1)), UserSigOutcome::kOk);
  EXPECT_EQ(Verify(Version().ticket, expiry), UserSigOutcome::kExpired);
  EXPECT_EQ(Verify(Version().ticket, expiry + seconds(1)), UserSigOutcome::kExpired);
}

TEST_P(UserSigVersions, AreForOneUserOfOneApplication) {
  const auto verify_for = [](const UserSigSubject& subject) {
    return Version().verify(Version().ticket, subject, SigKey::kPublished, kNoon);
  };
  EXPECT_EQ(verify_for({vectors::kSdkAppId, {"user_0002"}}), UserSigOutcome::kWrongUser);
  EXPECT_EQ(verify_for({1400000002, {"user_0001"}}), UserSigOutcome::kWrongApp);
}

TEST_P(UserSigVersions, RequireTheSigningKey) {
  EXPECT_EQ(Verify(Version().ticket, kNoon, SigKey::kOwn), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Version().ticket, kNoon, SigKey::kNone), UserSigOutcome::kBadSignature);
}

TEST_P(UserSigVersions, ReportExpiryBeforeASignatureFault) {
  EXPECT_EQ(Verify(Altered("TLS.time", Version().number(1600000000))), UserSigOutcome::kExpired);
  EXPECT_EQ(Verify(Altered(Version().life_field, Version().number(1)), kNoon + seconds(10)),
            UserSigOutcome::kExpired);
  EXPECT_EQ(Verify(Version().ticket, kNoon + Version().life, SigKey::kOwn),
            UserSigOutcome::kExpired);
}

TEST_P(UserSigVersions, CannotBeProlonged) {
  EXPECT_EQ(Verify(Altered("TLS.time", Version().number(1700000001))),
            UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Altered(Version().life_field, Version().number(Version().life.count() + 1))),
            UserSigOutcome::kBadSignature);
}

TEST_P(UserSigVersions, CoverTheUserbuf) {
  EXPECT_EQ(Verify(Altered("TLS.userbuf", "AAAA")), UserSigOutcome::kBadSignature);
  EXPECT_EQ(Verify(Without(Unpack(Version().with_userbuf), "TLS.userbuf")),
            UserSigOutcome::kBadSignature);
}

TEST_P(UserSigVersions, RefuseAnInvalidSignature) {
  for (const char* signature : {"", "not base64", "AAAA"}) {
    EXPECT_EQ(Verify(Altered("TLS.sig", signature)), UserSigOutcome::kBadSignature) << signature;
  }
}

TEST_P(UserSigVersions, AreMalformedWithALineFeedInTheUserbuf) {
  for (const char* userbuf : {"A\nB", "AAAA\nTLS.x:1"}) {
    EXPECT_EQ(Verify(Altered("TLS.userbuf", userbuf)), UserSigOutcome::kMalformed) << userbuf;
  }
}

TEST_P(UserSigVersions, AreMalformedWithoutAnyOneOfTheirFields) {
  const json whole = Unpack(Version().ticket);
  for (const auto& [name, value] : whole.items()) {
    EXPECT_EQ(Verify(Without(whole, name)), UserSigOutcome::kMalformed) << name;
  }
}

TEST_P(UserSigVersions, AreMalformedIfNotAnObject) {
  for (const char* text : {"", "[]", "7", "null", "{", "\"TLS.ver\"", "{\"TLS.ver\":}"}) {
    EXPECT_EQ(Verify(PackUserSig(text)), UserSigOutcome::kMalformed) << text;
  }
  EXPECT_EQ(Verify(""), UserSigOutcome::kMalformed);
}

TEST_P(UserSigVersions, AreMalformedAsTheOtherVersion) {
  for (const SigKey key : {SigKey::kPublished, SigKey::kNone}) {
    EXPECT_EQ(Verify(Version().of_other_version, kNoon, key), UserSigOutcome::kMalformed);
  }
}

TEST_P(UserSigVersions, DetectAnyAlteredByte) {
  const std::string text = Unpack(Version().wholly_signed).dump();
  ASSERT_EQ(Verify(PackUserSig(text)), UserSigOutcome::kOk);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ (1 << (at % 7)));
    EXPECT_NE(Verify(PackUserSig(altered)), UserSigOutcome::kOk) << altered;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, UserSigVersions, testing::Values(UserSigVersion1(), UserSigVersion2()),
                         [](const auto& version) { return std::string(version.param.name); });

}  // namespace
}  // namespace rtcroom
