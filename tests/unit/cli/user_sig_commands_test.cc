#include <filesystem>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tests/unit/cli/cli_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// From protocol D.1.
constexpr const char* kKey = "rtcroomd-test-key-0123456789abcdefghijklmnopqrstuvwxyz-not-real!";
constexpr const char* kSig =
    "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwqXFqUXxBgYGhlDJ4pTsxIKCzBQlK0MTAwgwhMiUZOamKlkZmkNF"
    "DSCiqRUFmUWpSlYWZiYwoeLMdCUrpQrH4MCsFKegLAufbFd9lzDPslTvivAK98ISy-ICDycfN2*X4FxXbXPfIgNbpVoALP"
    "IxPw__";

class UserSigCommands : public CliTest {
 protected:
  UserSigCommands() {
    environment_ = {{"RTCROOMD_IM_SDK_APP_ID", "1400000001"}, {"RTCROOMD_IM_SECRET_KEY", kKey}};
  }

  std::string Sign(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"user-sig", "sign", "--user-id", "user_0001"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(Run(arguments), 0) << err();
    return out().substr(0, out().size() - 1);  // without the newline
  }

  int Verify(const std::string& sig, const std::string& user_id = "user_0001") {
    return Run({"user-sig", "verify", "--user-id", user_id, sig});
  }
};

TEST_F(UserSigCommands, VerifyThePublishedTicket) {
  EXPECT_EQ(Verify(kSig), 0);
  EXPECT_EQ(out(), "ok\n");
}

TEST_F(UserSigCommands, PrintTheFaultOfATicket) {
  EXPECT_EQ(Verify(kSig, "user_0002"), 1);
  EXPECT_EQ(out(), "wrong user\n");
  EXPECT_EQ(Verify("nonsense"), 1);
  EXPECT_EQ(out(), "malformed\n");
  environment_["RTCROOMD_IM_SECRET_KEY"] = "another";
  EXPECT_EQ(Verify(kSig), 1);
  EXPECT_EQ(out(), "bad signature\n");
  clock_.Advance(std::chrono::seconds(86400));
  EXPECT_EQ(Verify(kSig), 1);
  EXPECT_EQ(out(), "expired\n");
}

TEST_F(UserSigCommands, SignForTheConfiguredTime) {
  environment_["RTCROOMD_IM_USER_SIG_TTL"] = "60s";
  const std::string sig = Sign();
  clock_.Advance(std::chrono::seconds(59));
  EXPECT_EQ(Verify(sig), 0);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Verify(sig), 1);
}

TEST_F(UserSigCommands, SignForTheGivenTime) {
  const std::string sig = Sign({"--expire", "300"});
  clock_.Advance(std::chrono::seconds(299));
  EXPECT_EQ(Verify(sig), 0);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Verify(sig), 1);
}

TEST_F(UserSigCommands, SignVersion1WithTheKeyFileAndVerifyBothVersions) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(BIO_new(BIO_s_mem()), &BIO_free);
  ASSERT_EQ(PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);
  environment_ = {{"RTCROOMD_IM_SDK_APP_ID", "1400000001"},
                  {"RTCROOMD_IM_SIG_VERSION", "1"},
                  {"RTCROOMD_IM_PRIVATE_KEY_FILE",
                   MakeFile("key.pem", std::string(text, static_cast<std::size_t>(size)))}};
  const std::string sig = Sign();
  EXPECT_EQ(Verify(sig), 0);
  EXPECT_EQ(Verify(sig, "user_0002"), 1);
  EXPECT_EQ(Verify(kSig), 1);
  EXPECT_EQ(out(), "bad signature\n");
  environment_["RTCROOMD_IM_SECRET_KEY"] = kKey;
  EXPECT_EQ(Verify(kSig), 0);  // verified with any configured key
  EXPECT_EQ(Verify(sig), 0);
}

TEST_F(UserSigCommands, RequireAnApplicationAndItsKey) {
  environment_.erase("RTCROOMD_IM_SECRET_KEY");
  EXPECT_EQ(Verify(kSig), 2);
  EXPECT_EQ(Run({"user-sig", "sign", "--user-id", "u"}), 2);
  EXPECT_THAT(out(), IsEmpty());
  EXPECT_THAT(err(), HasSubstr("im: "));
}

TEST_F(UserSigCommands, RefuseAUserIdThatCannotBeSigned) {
  EXPECT_EQ(Run({"user-sig", "sign", "--user-id", "a b"}), 2);
  EXPECT_EQ(Run({"user-sig", "sign", "--user-id", std::string(33, 'a')}), 2);
  EXPECT_THAT(err(), HasSubstr("--user-id: must be"));
}

TEST_F(UserSigCommands, CheckOnlyTheirConfigurationSection) {
  environment_["RTCROOMD_SERVER_WORKERS"] = "0";
  EXPECT_EQ(Verify(kSig), 0);
  environment_["RTCROOMD_IM_SIG_VERSION"] = "3";
  EXPECT_EQ(Verify(kSig), 2);
  EXPECT_THAT(err(), HasSubstr("im.sig_version: must be 1 to 2"));
}

TEST_F(UserSigCommands, NeverPrintTheKey) {
  environment_["RTCROOMD_IM_SECRET_KEY"] = std::string(kKey) + "\n";
  EXPECT_EQ(Verify(kSig), 2);
  EXPECT_THAT(err() + out(), Not(HasSubstr("not-real")));
}

/// No key is configured: a server makes one in its data directory.
class UserSigWithMadeKey : public UserSigCommands {
 protected:
  UserSigWithMadeKey() { environment_ = {{"RTCROOMD_STORE_DATA_DIR", directory_.path().string()}}; }
};

TEST_F(UserSigWithMadeKey, UsesTheOneOfADevServer) {
  std::filesystem::create_directory(directory_.path() / "dev");
  MakeFile("dev/dev-sig-key", "0123456789abcdef\n");
  const std::string sig = Sign({"--dev"});
  EXPECT_EQ(Run({"user-sig", "verify", "--dev", "--user-id", "user_0001", sig}), 0) << err();
  MakeFile("dev/dev-sig-key", "another\n");
  EXPECT_EQ(Run({"user-sig", "verify", "--dev", "--user-id", "user_0001", sig}), 1);
  EXPECT_EQ(out(), "bad signature\n");
}

TEST_F(UserSigWithMadeKey, UsesTheOneOfTheMessageChannel) {
  environment_["RTCROOMD_CHANNEL_ENABLED"] = "true";
  MakeFile("im-secret-key", "0123456789abcdef\n");
  EXPECT_EQ(Verify(Sign()), 0) << err();
}

TEST_F(UserSigWithMadeKey, SaysWhereItLooked) {
  EXPECT_EQ(Run({"user-sig", "sign", "--dev", "--user-id", "user_0001"}), 2);
  EXPECT_THAT(err(), AllOf(HasSubstr("no server has made one here"), HasSubstr("dev-sig-key")));
}

}  // namespace
}  // namespace rtcroom
