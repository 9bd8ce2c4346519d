#include "daemon/config/load_config.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"
#include "tests/unit/config/config_fixture.h"

namespace rtcroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::vector<std::string> KeysOf(const std::vector<ConfigProblem>& problems) {
  std::vector<std::string> keys;
  keys.reserve(problems.size());
  for (const ConfigProblem& problem : problems) keys.push_back(problem.key);
  return keys;
}

TEST(LoadConfig, ReportsAllProblems) {
  const ConfigOutcome outcome =
      LoadConfig({.toml = "prefix = '/x'\n"
                          "[server]\nworkers = 0\nidle_timeout = 75\nhttps_listen = ''\nporst = 1\n"
                          "[romo]\nmax_rooms = 1\n"
                          "[live]\napi = 'v2'\n"
                          "[auth]\nmode = 'closed'\n",
                  .environment = {{"RTCROOMD_LOG_LEVEL", "loud"}, {"RTCROOMD_LOG_LEVLE", "info"}}});
  EXPECT_THAT(KeysOf(outcome.problems),
              UnorderedElementsAre("prefix", "server.workers", "server.idle_timeout",
                                   "server.porst", "romo", "live.api", "auth.mode", "log.level",
                                   "RTCROOMD_LOG_LEVLE", "server.https_listen"));
}

TEST(LoadConfig, IgnoresVariablesOfServicesWithItsName) {
  // As Kubernetes sets them in every container next to services called rtcroomd and rtcroomd-admin.
  const ConfigOutcome outcome =
      LoadConfig({.toml = "[server]\nhttps_listen = ''\nhttp_listen = '127.0.0.1:5757'\n",
                  .environment = {{"RTCROOMD_PORT", "tcp://10.0.0.1:5757"},
                                  {"RTCROOMD_SERVICE_HOST", "10.0.0.1"},
                                  {"RTCROOMD_PORT_5757_TCP_ADDR", "10.0.0.1"},
                                  {"RTCROOMD_ADMIN_SERVICE_HOST", "10.0.0.2"},
                                  {"RTCROOMD_ADMIN_SERVICE_PORT", "5758"},
                                  {"RTCROOMD_ADMIN_SERVICE_PORT_METRICS", "5758"},
                                  {"RTCROOMD_ADMIN_PORT", "tcp://10.0.0.2:5758"},
                                  {"RTCROOMD_ADMIN_PORT_5758_TCP", "tcp://10.0.0.2:5758"},
                                  {"RTCROOMD_ADMIN_PORT_5758_TCP_PROTO", "tcp"},
                                  {"RTCROOMD_ADMIN_PORT_5758_TCP_PORT", "5758"},
                                  {"RTCROOMD_ADMIN_PORT_5758_TCP_ADDR", "10.0.0.2"}}});
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
}

TEST(LoadConfig, RefusesVariablesThatOnlyResembleThoseOfServices) {
  const ConfigOutcome outcome = LoadEnvironment({{"RTCROOMD_ADMIN_PORT", "5758"},
                                                 {"RTCROOMD_ADMIN_PORT__TCP", "tcp://10.0.0.2"},
                                                 {"RTCROOMD_ADMIN_5758_TCP", "tcp://10.0.0.2"}});
  EXPECT_THAT(KeysOf(outcome.problems),
              testing::IsSupersetOf(
                  {"RTCROOMD_ADMIN_PORT", "RTCROOMD_ADMIN_PORT__TCP", "RTCROOMD_ADMIN_5758_TCP"}));
}

TEST(LoadConfig, ReportsTheLocationOfAProblem) {
  const ConfigOutcome outcome = LoadConfig(
      {.toml = "\n[server]\nworkers = 0\n", .environment = {{"RTCROOMD_ROOM_MAX_ROOMS", "0"}}});
  EXPECT_THAT(ProblemsOf(outcome.problems, "server.workers"),
              ElementsAre("must be 1 to 1024 (line 3)"));
  EXPECT_THAT(ProblemsOf(outcome.problems, "room.max_rooms"),
              ElementsAre("must be 1 to 100000000 (RTCROOMD_ROOM_MAX_ROOMS)"));
}

TEST(LoadConfig, TakesNoSocketFileInAListOfAddresses) {
  const ConfigOutcome outcome = LoadToml("[grpc]\nlisten = ['unix:/run/s', '127.0.0.1:5759']\n");
  EXPECT_THAT(ProblemsOf(outcome.problems, "grpc.listen"),
              ElementsAre("must not have unix:PATH in a list (line 2)"));
}

TEST(LoadConfig, PrefersTheEnvironment) {
  const ConfigOutcome outcome = LoadConfig({.toml = "[server]\nworkers = 3\nprefix = '/file'\n",
                                            .environment = {{"RTCROOMD_SERVER_WORKERS", "5"}}});
  EXPECT_EQ(outcome.config.server.workers, 5u);
  EXPECT_EQ(outcome.config.server.prefix, "/file");
}

TEST(LoadConfig, IgnoresVariablesWithoutThePrefix) {
  EXPECT_THAT(ProblemsOf(LoadEnvironment({{"PATH", "/bin"}, {"RTCROOM_X", "1"}}).problems, "PATH"),
              IsEmpty());
  EXPECT_THAT(KeysOf(LoadEnvironment({{"RTCROOM_X", "1"}}).problems),
              ElementsAre("server.tls_cert"));
}

TEST(LoadConfig, AcceptsPlainHttpServicesOnLoopbackOnly) {
  const auto problems_of = [](const std::string& base_url) {
    const ConfigOutcome outcome = LoadToml("[im]\nbase_url = '" + base_url + "'\n");
    return ProblemsOf(outcome.problems, "im.base_url");
  };
  EXPECT_THAT(problems_of("https://adminapisgp.im.qcloud.com"), testing::IsEmpty());
  EXPECT_THAT(problems_of("http://127.0.0.1:8080"), testing::IsEmpty());
  EXPECT_THAT(problems_of("http://console.tim.qq.com"),
              ElementsAre(HasSubstr("http:// is for loopback only")));
}

TEST(LoadConfig, DoesNotReportAnIllTypedKeyAsMissing) {
  const ConfigOutcome outcome = LoadToml("[server]\ntls_cert = 5\ntls_key = 'k'\n");
  EXPECT_THAT(ProblemsOf(outcome.problems, "server.tls_cert"),
              ElementsAre("must be a text in quotes (line 2)"));
}

TEST(LoadConfig, ReportsTheLineOfATomlErrorWithoutQuotingIt) {
  const ConfigOutcome outcome = LoadToml("[im]\nsecret_key = hunter2hunter2\n");
  const auto sentences = ProblemsOf(outcome.problems, "configuration");
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_THAT(sentences[0], HasSubstr("line 2"));
  EXPECT_THAT(sentences[0], Not(HasSubstr("hunter2")));
}

TEST(LoadConfig, RejectsInvalidSections) {
  EXPECT_THAT(ProblemsOf(LoadToml("server = 5\n").problems, "server"),
              ElementsAre("must be a section, [server] (line 1)"));
  EXPECT_THAT(ProblemsOf(LoadToml("[nowhere]\n").problems, "nowhere"),
              ElementsAre("unknown section (line 1)"));
  EXPECT_THAT(ProblemsOf(LoadToml("[server.tls]\ncert = ''\n").problems, "server.tls"),
              ElementsAre("unknown key (line 1)"));
}

TEST(LoadConfig, AsksWhatAnUnknownNameWasMeantToBe) {
  EXPECT_THAT(ProblemsOf(LoadToml("[sever]\n").problems, "sever"),
              ElementsAre("unknown section (line 1); did you mean server?"));
  const ConfigOutcome keys = LoadToml("[room]\nheartbeat_timout = '9s'\nhttp_listen = ''\nx = 1\n");
  EXPECT_THAT(ProblemsOf(keys.problems, "room.heartbeat_timout"),
              ElementsAre("unknown key (line 2); did you mean heartbeat_timeout?"));
  EXPECT_THAT(ProblemsOf(keys.problems, "room.http_listen"),
              ElementsAre("unknown key (line 3); did you mean server.http_listen?"));
  EXPECT_THAT(ProblemsOf(keys.problems, "room.x"), ElementsAre("unknown key (line 4)"));
  const ConfigOutcome variable = LoadEnvironment({{"RTCROOMD_SERVER_WORKER", "4"}});
  EXPECT_THAT(ProblemsOf(variable.problems, "RTCROOMD_SERVER_WORKER"),
              ElementsAre("unknown variable: no key has this name; did you mean "
                          "RTCROOMD_SERVER_WORKERS?"));
}

TEST(LoadConfig, PrintsNamesOnOneShortLine) {
  const ConfigOutcome outcome = LoadToml("[\"a\\nb" + std::string(500, 'x') + "\"]\n");
  ASSERT_EQ(outcome.problems.size(), 2u);
  EXPECT_EQ(outcome.problems[0].key, "a?b" + std::string(61, 'x'));
}

class SecretFile : public testing::Test {
 protected:
  ConfigOutcome LoadSecret(std::string_view content) {
    WriteFile(path_, content);
    return LoadEnvironment({{"RTCROOMD_IM_SECRET_KEY_FILE", path_}});
  }

  TempDirectory directory_;
  const std::string path_ = (directory_.path() / "key").string();
};

TEST_F(SecretFile, IsReadWithoutTheFinalLineBreak) {
  EXPECT_EQ(LoadSecret("hunter2").config.im.secret_key.Reveal(), "hunter2");
  EXPECT_EQ(LoadSecret("hunter2\n").config.im.secret_key.Reveal(), "hunter2");
  EXPECT_EQ(LoadSecret("hunter2\r\n").config.im.secret_key.Reveal(), "hunter2");
  EXPECT_EQ(LoadSecret(" hunter2 \n").config.im.secret_key.Reveal(), " hunter2 ");
}

TEST_F(SecretFile, IsRefusedIfEmpty) {
  const auto problems = [&](std::string_view content) {
    return ProblemsOf(LoadSecret(content).problems, "im.secret_key");
  };
  EXPECT_THAT(problems("\n"), ElementsAre("its file is empty (RTCROOMD_IM_SECRET_KEY_FILE)"));
  EXPECT_THAT(problems("hunter2\nmore\n"),
              ElementsAre(testing::AllOf(HasSubstr("line ends"), Not(HasSubstr("hunter2")))));
  EXPECT_THAT(problems(std::string(5000, 'x')), ElementsAre(HasSubstr("longer than")));
}

TEST_F(SecretFile, IsRefusedIfUnreadable) {
  const auto problems = [](const std::string& path) {
    return ProblemsOf(LoadEnvironment({{"RTCROOMD_IM_SECRET_KEY_FILE", path}}).problems,
                      "im.secret_key");
  };
  EXPECT_THAT(problems(path_), ElementsAre(HasSubstr("No such file")));
  EXPECT_THAT(problems(directory_.path().string()), ElementsAre(HasSubstr("cannot be read")));
}

TEST_F(SecretFile, IsRefusedBesideTheSecretItself) {
  WriteFile(path_, "hunter2");
  const ConfigOutcome outcome = LoadEnvironment(
      {{"RTCROOMD_IM_SECRET_KEY", "hunter2"}, {"RTCROOMD_IM_SECRET_KEY_FILE", path_}});
  EXPECT_THAT(ProblemsOf(outcome.problems, "im.secret_key"),
              ElementsAre("set by both RTCROOMD_IM_SECRET_KEY and RTCROOMD_IM_SECRET_KEY_FILE"));
}

TEST_F(SecretFile, IsForSecretsOnly) {
  EXPECT_THAT(KeysOf(LoadEnvironment({{"RTCROOMD_SERVER_PREFIX_FILE", path_}}).problems),
              testing::Contains("RTCROOMD_SERVER_PREFIX_FILE"));
}

TEST(LoadConfigFile, ReadsTheFileAndChecksReferencedFiles) {
  const TempDirectory directory;
  const std::string cert = (directory.path() / "cert.pem").string();
  const std::string file = (directory.path() / "rtcroomd.toml").string();
  WriteFile(cert, "certificate");
  WriteFile(file, "[server]\ntls_cert = '" + cert + "'\ntls_key = '" + cert + ".missing'\n");
  const ConfigOutcome outcome = LoadConfigFile(file, {}, RunMode::kNormal);
  EXPECT_EQ(outcome.config.server.tls_cert, cert);
  EXPECT_THAT(
      outcome.problems,
      ElementsAre(ConfigProblem{"server.tls_key", "cannot be read: No such file or directory"}));
}

TEST(LoadConfigFile, ReportsAnUnreadableFile) {
  const ConfigOutcome outcome = LoadConfigFile("/nowhere/rtcroomd.toml", {}, RunMode::kDev);
  EXPECT_THAT(
      outcome.problems,
      ElementsAre(ConfigProblem{
          "configuration", "/nowhere/rtcroomd.toml cannot be read: No such file or directory"}));
}

TEST(LoadConfigFile, ReportsAWorldReadableFileWithSecrets) {
  const TempDirectory directory;
  const std::string file = (directory.path() / "rtcroomd.toml").string();
  const auto exposed = [&](const std::string& toml, unsigned mode) {
    WriteFile(file, toml);
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    const Environment secrets = {{"RTCROOMD_LIVE_PUSH_KEY", "of the environment"}};
    return LoadConfigFile(file, secrets, RunMode::kDev).config.exposed_file;
  };
  const std::string with_secret = "[admin]\ntoken = '0123456789abcdef'\n";
  EXPECT_EQ(exposed(with_secret, 0644), file);
  EXPECT_EQ(exposed(with_secret, 0640), "");
  EXPECT_EQ(exposed("[admin]\nlisten = '127.0.0.1:0'\n", 0644), "");
  EXPECT_EQ(exposed("[store]\nurl = 'postgresql://rooms:hunter2@db/rooms'\n", 0644), file);
  EXPECT_EQ(exposed("[store]\nurl = 'postgresql://rooms@db/rooms'\n", 0644), "");
}

TEST(LoadConfigFile, IsOptional) {
  EXPECT_THAT(LoadConfigFile(std::nullopt, {}, RunMode::kDev).problems, IsEmpty());
}

TEST(Environment, IsTakenFromTheProcess) {
  const char* const variables[] = {"A=1", "B=x=y", "C=", "broken", nullptr};
  EXPECT_EQ(TakeEnvironment(variables), (Environment{{"A", "1"}, {"B", "x=y"}, {"C", ""}}));
}

}  // namespace
}  // namespace rtcroom
