#include "daemon/auth/dev_identity.h"

#include <chrono>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "daemon/auth/dev_certificate.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/openssl_ptr.h"
#include "daemon/base/system_random.h"
#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;
using testing::MatchesRegex;

constexpr fs::perms kOwnerOnly = fs::perms::owner_read | fs::perms::owner_write;

X509Ptr ParseCertificate(const std::string& pem) {
  const BioPtr bio = ReadingBio(pem);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

class DevIdentityFiles : public testing::Test {
 protected:
  Result<DevIdentity> Load(TimePoint now = kNoon) {
    return LoadOrMakeDevIdentity(directory_, random_, now);
  }
  [[nodiscard]] std::string Read(const char* name) const {
    const auto content = ReadSmallFile(directory_ / name);
    return content ? *content : "";
  }
  void Write(const char* name, const std::string& content) {
    ASSERT_OK(WriteFileAtomically(directory_ / name, content, 0600, random_));
  }

  const TempDirectory parent_;
  const fs::path directory_ = parent_.path() / "not" / "yet" / "there";
  SystemRandom random_;
};

TEST_F(DevIdentityFiles, AreCreatedIfMissing) {
  const auto identity = Load();
  ASSERT_OK(identity);
  EXPECT_EQ(identity->cert_path, directory_ / "dev-cert.pem");
  EXPECT_EQ(identity->key_path, directory_ / "dev-key.pem");
  EXPECT_THAT(identity->sig_key.Reveal(), MatchesRegex("[0-9a-f]{64}"));
  EXPECT_THAT(identity->push_key.Reveal(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(identity->admin_token.Reveal(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_TRUE(IsUsable({Read("dev-cert.pem"), Secret(Read("dev-key.pem"))}, kNoon));
}

TEST_F(DevIdentityFiles, AreReadableByTheirOwnerOnlyIfSecret) {
  ASSERT_OK(Load());
  for (const char* name : {"dev-key.pem", "dev-sig-key", "dev-push-key", "dev-admin-token"}) {
    EXPECT_EQ(fs::status(directory_ / name).permissions(), kOwnerOnly) << name;
  }
}

TEST_F(DevIdentityFiles, AreKept) {
  const auto first = Load();
  ASSERT_OK(first);
  const std::string certificate = Read("dev-cert.pem");
  const auto second = Load(kNoon + days(300));
  ASSERT_OK(second);
  EXPECT_EQ(second->sig_key, first->sig_key);
  EXPECT_EQ(second->push_key, first->push_key);
  EXPECT_EQ(second->admin_token, first->admin_token);
  EXPECT_EQ(Read("dev-cert.pem"), certificate);
}

TEST_F(DevIdentityFiles, GetAFreshCertificateWhenTheOldOneEnds) {
  ASSERT_OK(Load());
  const std::string certificate = Read("dev-cert.pem");
  const TimePoint next_year = kNoon + days(365);
  ASSERT_OK(Load(next_year));
  EXPECT_NE(Read("dev-cert.pem"), certificate);
  EXPECT_TRUE(IsUsable({Read("dev-cert.pem"), Secret(Read("dev-key.pem"))}, next_year));
}

TEST_F(DevIdentityFiles, GetAFreshCertificateWhenTheOldOneIsDamaged) {
  for (const char* name : {"dev-cert.pem", "dev-key.pem"}) {
    ASSERT_OK(Load());
    Write(name, "damaged");
    ASSERT_OK(Load());
    EXPECT_TRUE(IsUsable({Read("dev-cert.pem"), Secret(Read("dev-key.pem"))}, kNoon)) << name;
  }
}

TEST_F(DevIdentityFiles, GetAFreshCertificateWhenItIsNotOfTheKey) {
  ASSERT_OK(Load());
  const auto other = MakeDevCertificate(random_, kNoon);
  ASSERT_OK(other);
  Write("dev-key.pem", other->key_pem.Reveal());
  ASSERT_OK(Load());
  EXPECT_NE(Read("dev-key.pem"), other->key_pem.Reveal());
  EXPECT_TRUE(IsUsable({Read("dev-cert.pem"), Secret(Read("dev-key.pem"))}, kNoon));
}

TEST_F(DevIdentityFiles, MayContainCustomKeys) {
  ASSERT_OK(Load());
  Write("dev-sig-key", "my own key\r\n");
  Write("dev-push-key", "\n");
  const auto identity = Load();
  ASSERT_OK(identity);
  EXPECT_EQ(identity->sig_key, Secret("my own key"));
  EXPECT_EQ(identity->push_key.Reveal().size(), 32u);
}

TEST_F(DevIdentityFiles, FailIfTheDirectoryCannotBeCreated) {
  EXPECT_ERROR(kUnavailable, LoadOrMakeDevIdentity("/dev/null/keys", random_, kNoon));
}

TEST(DevCertificate, IsValidForLocalhost) {
  SystemRandom random;
  const auto made = MakeDevCertificate(random, kNoon);
  ASSERT_OK(made);
  const X509Ptr certificate = ParseCertificate(made->cert_pem);
  ASSERT_NE(certificate, nullptr);
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "example.com", 0, 0, nullptr), 0);
}

TEST(DevCertificate, IsSelfSigned) {
  SystemRandom random;
  const auto made = MakeDevCertificate(random, kNoon);
  ASSERT_OK(made);
  const X509Ptr certificate = ParseCertificate(made->cert_pem);
  ASSERT_NE(certificate, nullptr);
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())), 1);
}

TEST(DevCertificate, IsValidForAYear) {
  SystemRandom random;
  const auto made = MakeDevCertificate(random, kNoon);
  ASSERT_OK(made);
  EXPECT_TRUE(IsUsable(*made, kNoon));
  EXPECT_TRUE(IsUsable(*made, kNoon - std::chrono::hours(23)));
  EXPECT_FALSE(IsUsable(*made, kNoon - days(2)));
  EXPECT_TRUE(IsUsable(*made, kNoon + days(363)));
  EXPECT_FALSE(IsUsable(*made, kNoon + days(365)));
}

}  // namespace
}  // namespace rtcroom
