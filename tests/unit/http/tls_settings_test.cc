#include "daemon/http/tls_settings.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>

#include <openssl/rand.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pair.h"

namespace rtcroom {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

void FillFromSystem(std::span<std::byte> out) {
  ASSERT_EQ(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())),
            1);
}

class TlsSettingsTest : public testing::Test {
 protected:
  void SetUp() override { RenewCertificate(); }

  /// As an operator does: replaces the files under the same names.
  void RenewCertificate() {
    WriteTestCertificate(cert_, key_);
    ASSERT_OK(settings_.Reload(cert_, key_));
  }
  [[nodiscard]] TlsPair Connect(const TlsOffer& offer = {}) const {
    return TlsPair(settings_.Current().get(), offer);
  }
  /// Whether the session is resumed; replaces it by the client's newest one.
  bool Resumes(TlsSession& session, int version) const {
    const TlsPair again = Connect({.version = version, .session = session.get()});
    EXPECT_TRUE(again.connected());
    TlsSession newest = again.Session();
    if (newest != nullptr) session = std::move(newest);
    return again.resumed();
  }

  const TempDirectory directory_;
  const std::filesystem::path cert_ = directory_.path() / "cert.pem";
  const std::filesystem::path key_ = directory_.path() / "key.pem";
  FakeClock clock_;
  TlsSettings settings_{clock_, FillFromSystem};
};

/// TLS 1.2 and 1.3 issue and accept tickets in different ways.
class TlsResumption : public TlsSettingsTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Version, TlsResumption, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& param_info) {
                           return param_info.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_F(TlsSettingsTest, KeepsAValidCertificateInsteadOfOneThatIsNot) {
  const std::shared_ptr<ssl_ctx_st> valid = settings_.Current();
  const Result<CertificateTimes> times = CertificateTimesOf(valid.get());
  ASSERT_OK(times);
  clock_.JumpWallClock(times->ends - hours(1) - clock_.Now());
  for (const auto& [life, fault] :
       {std::pair(CertificateLife{hours(-48), hours(-24)}, "expired at "),
        std::pair(CertificateLife{hours(72), hours(96)}, "not valid before ")}) {
    WriteTestCertificate(cert_, key_, {}, life);
    const Status reloaded = settings_.Reload(cert_, key_);
    ASSERT_FALSE(reloaded.ok());
    EXPECT_THAT(reloaded.error().detail, HasSubstr(fault));
    EXPECT_EQ(settings_.Current(), valid);
  }
  const std::filesystem::path issuer = directory_.path() / "issuer.pem";
  WriteTestCertificate(issuer, directory_.path() / "issuer.key", {.common = "Old CA"},
                       {hours(-48), hours(-24)});
  WriteTestCertificate(cert_, key_);
  std::ofstream(cert_, std::ios::app) << std::ifstream(issuer).rdbuf();
  const Status reloaded = settings_.Reload(cert_, key_);
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().detail, HasSubstr("certificate 2 of the file (/CN=Old CA) expired"));
  EXPECT_EQ(settings_.Current(), valid);
  clock_.Advance(hours(2));
  EXPECT_OK(settings_.Reload(cert_, key_)) << "the previous one has expired, too";
}

TEST_P(TlsResumption, NeedsNoSecondFullHandshake) {
  const TlsPair first = Connect({.version = GetParam()});
  ASSERT_TRUE(first.connected());
  EXPECT_FALSE(first.resumed());
  TlsSession session = first.Session();
  ASSERT_NE(session, nullptr);
  EXPECT_TRUE(Resumes(session, GetParam()));
}

TEST_P(TlsResumption, WorksWithTheKeyOfThePeriodBefore) {
  TlsSession session = Connect({.version = GetParam()}).Session();
  clock_.Advance(TicketKeys::kPeriod);
  EXPECT_TRUE(Resumes(session, GetParam()));
}

TEST_P(TlsResumption, EndsAfterTwoRotations) {
  TlsSession session = Connect({.version = GetParam()}).Session();
  clock_.Advance(2 * TicketKeys::kPeriod);
  EXPECT_FALSE(Resumes(session, GetParam())) << "a full handshake, not a refusal";
}

TEST_P(TlsResumption, RenewsTheTicketOfAFrequentClient) {
  TlsSession session = Connect({.version = GetParam()}).Session();
  for (int hour = 0; hour < 5; ++hour) {
    clock_.Advance(TicketKeys::kPeriod);
    EXPECT_TRUE(Resumes(session, GetParam())) << "after hour " << hour;
  }
}

TEST_P(TlsResumption, SurvivesAReload) {
  TlsSession session = Connect({.version = GetParam()}).Session();
  RenewCertificate();
  EXPECT_TRUE(Resumes(session, GetParam()));
}

TEST_P(TlsResumption, AdvertisesTheLifetimeOfAKey) {
  const TlsSession session = Connect({.version = GetParam()}).Session();
  EXPECT_EQ(SSL_SESSION_get_ticket_lifetime_hint(session.get()),
            static_cast<unsigned long>(std::chrono::seconds(TicketKeys::kMaxTicketLife).count()));
}

TEST_F(TlsSettingsTest, StoreNoSessions) {
  const TlsPair pair = Connect({.version = TLS1_2_VERSION});
  EXPECT_EQ(SSL_CTX_sess_number(settings_.Current().get()), 0);
}

TEST_F(TlsSettingsTest, NegotiateHttp11) {
  const TlsPair browser = Connect({.protocols = "\x02h2\x08http/1.1"});
  EXPECT_TRUE(browser.connected());
  EXPECT_EQ(browser.protocol(), "http/1.1");
}

TEST_F(TlsSettingsTest, AcceptClientsWithoutAlpn) {
  const TlsPair plain = Connect();
  EXPECT_TRUE(plain.connected());
  EXPECT_EQ(plain.protocol(), "");
}

TEST_F(TlsSettingsTest, RejectClientsThatOfferOnlyOtherProtocols) {
  const TlsPair stubborn = Connect({.protocols = "\x02h2\x08http/1.0"});
  EXPECT_FALSE(stubborn.connected());
  EXPECT_EQ(stubborn.alert(), TLS1_AD_NO_APPLICATION_PROTOCOL);
}

TEST_F(TlsSettingsTest, ExchangeKeysOnlyByX25519OrP256) {
  EXPECT_EQ(Connect({.groups = "X25519:P-256"}).group(), NID_X25519);
  EXPECT_EQ(Connect({.groups = "P-256"}).group(), NID_X9_62_prime256v1);
  EXPECT_FALSE(Connect({.groups = "P-521"}).connected());
}

TEST_F(TlsSettingsTest, ServeNewConnectionsWithTheNewCertificate) {
  const TlsPair before = Connect();
  const std::string old_certificate = before.certificate();
  RenewCertificate();
  EXPECT_NE(Connect().certificate(), old_certificate);
  EXPECT_EQ(before.Carry("still here"), "still here") << "an open connection continues";
}

TEST_F(TlsSettingsTest, KeepTheOldCertificateIfTheNewOneIsInvalid) {
  const std::string certificate = Connect().certificate();
  std::ofstream(cert_) << "not a certificate";
  const Status reloaded = settings_.Reload(cert_, key_);
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().detail, HasSubstr("cert.pem: not a readable PEM certificate"));
  EXPECT_EQ(Connect().certificate(), certificate);
}

TEST_F(TlsSettingsTest, KeepTheOldCertificateIfTheNewKeyIsMissing) {
  const std::string certificate = Connect().certificate();
  WriteTestCertificate(cert_, directory_.path() / "key-to-come.pem");
  const Status reloaded = settings_.Reload(cert_, key_);
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().detail, HasSubstr("not the key of the certificate"));
  EXPECT_EQ(Connect().certificate(), certificate);
}

TEST(UnloadedTlsSettings, AreEmpty) {
  const FakeClock clock;
  const TlsSettings settings(clock, FillFromSystem);
  EXPECT_EQ(settings.Current(), nullptr);
}

}  // namespace
}  // namespace rtcroom
