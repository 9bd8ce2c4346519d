#include "daemon/cli/cli.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/config/default_config.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/cli/cli_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class Cli : public CliTest {};
class ServeCommand : public CliTest {};
class CheckConfigCommand : public CliTest {};

TEST_F(Cli, ExitsWith2OnWrongUsage) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"sevre"},
      {"serve", "--unknown"},
      {"serve", "extra"},
      {"serve", "--config"},
      {"default-config", "--dev"},
      {"user-sig"},
      {"user-sig", "sign"},
      {"user-sig", "sign", "--user-id", "u", "--expire", "0"},
      {"user-sig", "sign", "--user-id", "u", "--expire", "soon"},
      {"user-sig", "verify", "--user-id", "u"},
      {"serve", "version"},
  };
  for (const std::vector<std::string>& arguments : wrong) {
    EXPECT_EQ(Run(arguments), 2) << testing::PrintToString(arguments);
    EXPECT_THAT(out(), IsEmpty());
    EXPECT_THAT(err(), Not(IsEmpty())) << testing::PrintToString(arguments);
  }
  EXPECT_FALSE(served_);
}

TEST_F(Cli, PrintsHelpOnRequest) {
  EXPECT_EQ(Run({"--help"}), 0);
  for (const char* command :
       {"serve", "check-config", "default-config", "user-sig", "health-check", "version"}) {
    EXPECT_THAT(out(), HasSubstr(command));
  }
  EXPECT_EQ(Run({"serve", "--help"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("--config"), HasSubstr("--dev")));
  EXPECT_EQ(Run({"mix-worker", "--help"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("log and mix"), HasSubstr("of that server")));
  EXPECT_FALSE(served_);
}

TEST_F(Cli, PrintsHelpWithoutACommand) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_THAT(err(), AllOf(HasSubstr("Usage: rtcroomd"), HasSubstr("check-config")));
  EXPECT_EQ(Run({"user-sig"}), 2);
  EXPECT_THAT(err(), AllOf(HasSubstr("Usage: rtcroomd user-sig"), HasSubstr("verify"),
                           Not(HasSubstr("check-config"))));
}

TEST_F(Cli, SuggestsTheNearestCommand) {
  EXPECT_EQ(Run({"sevre"}), 2);
  EXPECT_THAT(err(), StartsWith("unknown command: sevre; did you mean serve?\n"));
  EXPECT_EQ(Run({"user-sig", "sing", "--user-id", "u"}), 2);
  EXPECT_THAT(err(), StartsWith("unknown command: sing; did you mean sign?\n"));
  EXPECT_EQ(Run({"--verison"}), 2);
  EXPECT_THAT(err(), StartsWith("unknown option: --verison; did you mean --version?\n"));
  EXPECT_EQ(Run({"user-sig", "--hepl", "sign"}), 2);
  EXPECT_THAT(err(), StartsWith("unknown option: --hepl; did you mean --help?\n"));
  EXPECT_EQ(Run({"fly\x1b[2J"}), 2);
  EXPECT_THAT(err(), AllOf(StartsWith("unknown command: fly"), Not(HasSubstr("\x1b"))));
}

TEST_F(Cli, PrintsScriptsThatCompleteCommands) {
  for (const char* const shell : {"bash", "zsh"}) {
    EXPECT_EQ(Run({"completion", shell}), 0);
    EXPECT_THAT(out(), AllOf(HasSubstr("(\" user-sig sign\") candidates=\"--help --config --dev "
                                       "--user-id --expire\""),
                             HasSubstr("(\" completion\") candidates=\"bash zsh --help\""),
                             HasSubstr(" mix-worker "), HasSubstr(" web-worker ")))
        << shell;
  }
  EXPECT_EQ(Run({"completion", "fish"}), 2);
}

TEST_F(Cli, PrintsTheDefaultConfiguration) {
  EXPECT_EQ(Run({"default-config"}), 0);
  EXPECT_EQ(out(), DefaultConfigText());
}

TEST_F(Cli, PrintsItsVersionAndThoseOfItsLibraries) {
  EXPECT_EQ(Run({"--version"}), 0);
  const std::string line = out();
  EXPECT_THAT(line, MatchesRegex("rtcroomd [0-9.]+\n"));
  EXPECT_EQ(Run({"version"}), 0);
  EXPECT_THAT(out(), AllOf(StartsWith(line.substr(0, line.size() - 1)), HasSubstr("(commit "),
                           HasSubstr("compiler "), HasSubstr("OpenSSL 3."), HasSubstr("SQLite 3."),
                           HasSubstr("zlib 1.")));
}

TEST_F(ServeCommand, RunsWithoutAConfigurationInDevMode) {
  serve_result_ = 1;
  EXPECT_EQ(Run({"serve", "--dev"}), 1);
  ASSERT_TRUE(served_);
  EXPECT_EQ(served_->mode, RunMode::kDev);
  EXPECT_EQ(served_->config.server.http_listen, "127.0.0.1:5757");
}

TEST_F(ServeCommand, ServesPhonesOfTheNetworkInDevMode) {
  EXPECT_EQ(Run({"serve", "--dev", "--host", "192.0.2.7"}), 0);
  ASSERT_TRUE(served_);
  EXPECT_EQ(served_->config.server.http_listen, "192.0.2.7:5757");
}

TEST_F(ServeCommand, MovesAllPortsInDevMode) {
  environment_ = {{"RTCROOMD_ADMIN_LISTEN", "127.0.0.1:1"}};
  EXPECT_EQ(Run({"serve", "--dev", "--host", "192.0.2.7", "--port", "6000"}), 0);
  ASSERT_TRUE(served_);
  EXPECT_EQ(served_->config.server.http_listen, "192.0.2.7:6000");
  EXPECT_EQ(served_->config.admin.listen, "127.0.0.1:1") << "it is configured";
  EXPECT_EQ(served_->config.grpc.listen, "127.0.0.1:6002");
  EXPECT_EQ(served_->config.server.https_listen, "192.0.2.7:6003");
}

TEST_F(ServeCommand, RefusesABaseWithoutDevModeOrWithoutFourPorts) {
  EXPECT_EQ(Run({"serve", "--port", "6000"}), 2);
  EXPECT_EQ(Run({"serve", "--dev", "--port", "65533"}), 2);
  EXPECT_EQ(Run({"serve", "--dev", "--port", "0"}), 2);
  EXPECT_FALSE(served_);
}

TEST_F(ServeCommand, RefusesAHostWithoutDevModeOrThatIsNoAddress) {
  EXPECT_EQ(Run({"serve", "--host", "192.0.2.7"}), 2);
  EXPECT_EQ(Run({"serve", "--dev", "--host", "phones"}), 2);
  EXPECT_FALSE(served_);
}

TEST_F(ServeCommand, ReadsFileAndEnvironment) {
  const std::string file =
      MakeFile("rtcroomd.toml", "[server]\nhttps_listen = ''\nhttp_listen = '127.0.0.1:1'\n");
  environment_ = {{"RTCROOMD_SERVER_WORKERS", "3"}};
  EXPECT_EQ(Run({"serve", "--config", file}), 0);
  ASSERT_TRUE(served_);
  EXPECT_EQ(served_->mode, RunMode::kNormal);
  EXPECT_EQ(served_->config.server.http_listen, "127.0.0.1:1");
  EXPECT_EQ(served_->config.server.workers, 3u);
}

TEST_F(ServeCommand, RefusesAnInvalidConfiguration) {
  environment_ = {{"RTCROOMD_SERVER_WORKERS", "0"}, {"RTCROOMD_LIVE_API", "v2"}};
  EXPECT_EQ(Run({"serve"}), 2);
  EXPECT_FALSE(served_);
  EXPECT_EQ(err(),
            "live.api: must be one of none, nginx-rtmp, srs, v1, v3 (RTCROOMD_LIVE_API)\n"
            "server.workers: must be 1 to 1024 (RTCROOMD_SERVER_WORKERS)\n"
            "server.tls_cert: missing: server.https_listen needs it and server.tls_key; or set "
            "server.http_listen, and server.https_listen to \"\"\n");
  EXPECT_EQ(Run({"serve", "--config", "/nowhere.toml"}), 2);
}

TEST_F(CheckConfigCommand, PrintsAllProblemsAndWarnings) {
  const std::string file =
      MakeFile("rtcroomd.toml",
               "[im]\nsdk_app_id = 'x'\n[server]\nhttp_listen = '0.0.0.0:80'\nworker = 1\n");
  EXPECT_EQ(Run({"check-config", "--config", file}), 2);
  EXPECT_THAT(
      out(),
      AllOf(HasSubstr("problem: im.sdk_app_id: must be a whole number"),
            HasSubstr("problem: server.worker: unknown key (line 5); did you mean workers?\n"),
            HasSubstr("problem: server.tls_cert: missing"),
            HasSubstr("warning: server.http_listen: not on loopback"),
            HasSubstr("warning: live.push_host: missing")));
  EXPECT_THAT(out(), Not(HasSubstr("warning: im.sdk_app_id")));
}

TEST_F(CheckConfigCommand, AcceptsAConfigurationWithMissingOptionalSettings) {
  const std::string cert = MakeFile("cert.pem", "");
  const std::string key = MakeFile("key.pem", "");
  WriteTestCertificate(cert, key);
  const std::string file = MakeFile(
      "rtcroomd.toml", fmt::format("[server]\ntls_cert = '{}'\ntls_key = '{}'\n", cert, key));
  EXPECT_EQ(Run({"check-config", "--config", file}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("warning: im.sdk_app_id: missing"), Not(HasSubstr("problem")),
                           HasSubstr("The configuration can be used.\n")));
}

TEST_F(CheckConfigCommand, WarnsOfCertificatesThatClientsRefuse) {
  const std::string cert = MakeFile("cert.pem", "");
  const std::string key = MakeFile("key.pem", "");
  WriteTestCertificate(cert, key, {.issuer = "an intermediate authority"});
  environment_ = {{"RTCROOMD_SERVER_TLS_CERT", cert}, {"RTCROOMD_SERVER_TLS_KEY", key}};
  EXPECT_EQ(Run({"check-config"}), 0);
  EXPECT_THAT(out(), AllOf(HasSubstr("warning: server.tls_cert: not valid before "),
                           HasSubstr("warning: server.tls_cert: without the certificate of its "
                                     "issuer")));
}

TEST_F(CheckConfigCommand, ReadsTheStandardInputWhereTheFileIsADash) {
  const std::string file = MakeFile("input", "[server]\nworker = 1\n");
  const FileDescriptor before(::dup(STDIN_FILENO));
  const FileDescriptor input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::dup2(input.get(), STDIN_FILENO), STDIN_FILENO);
  EXPECT_EQ(Run({"check-config", "--config", "-"}), 2);
  EXPECT_THAT(out(), HasSubstr("problem: server.worker: unknown key (line 2)"));
  EXPECT_EQ(::dup2(before.get(), STDIN_FILENO), STDIN_FILENO);
}

TEST_F(CheckConfigCommand, AcceptsTheOptionsOfServe) {
  EXPECT_EQ(Run({"check-config"}), 2);
  EXPECT_THAT(out(), HasSubstr("problem: server.tls_cert: missing"));
  EXPECT_EQ(Run({"check-config", "--dev"}), 0) << "--dev generates a certificate at the start";
}

TEST_F(CheckConfigCommand, ReportsFilesWithoutACertificateOrKey) {
  const std::string junk = MakeFile("junk.pem", "junk");
  environment_ = {{"RTCROOMD_SERVER_TLS_CERT", junk},   {"RTCROOMD_SERVER_TLS_KEY", junk},
                  {"RTCROOMD_GRPC_TLS_CERT", junk},     {"RTCROOMD_GRPC_TLS_KEY", junk},
                  {"RTCROOMD_GRPC_CLIENT_CA", junk},    {"RTCROOMD_IM_PRIVATE_KEY_FILE", junk},
                  {"RTCROOMD_IM_PUBLIC_KEY_FILE", junk}};
  EXPECT_EQ(Run({"check-config"}), 2);
  for (const char* key :
       {"server.tls_cert", "grpc.tls_cert", "im.private_key_file", "im.public_key_file"}) {
    EXPECT_THAT(out(), HasSubstr(fmt::format("problem: {}: ", key)));
  }
}

TEST_F(CheckConfigCommand, ReportsUnreadableFiles) {
  environment_ = {{"RTCROOMD_SERVER_TLS_CERT", "/nowhere/cert.pem"},
                  {"RTCROOMD_SERVER_TLS_KEY", MakeFile("key.pem", "a key")}};
  EXPECT_EQ(Run({"check-config"}), 2);
  EXPECT_THAT(out(), HasSubstr("problem: server.tls_cert: cannot be read: No such file"));
}

}  // namespace
}  // namespace rtcroom
