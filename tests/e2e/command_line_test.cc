// The commands of the binary other than `serve`.
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr int kWrongUsage = 2;

FinishedCommand RunBinary(std::vector<std::string> arguments) {
  return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)});
}

class CommandLine : public testing::Test {
 protected:
  std::string WriteConfig(const std::string& toml) {
    const std::filesystem::path file = directory_.path() / "rtcroomd.toml";
    std::ofstream(file) << toml;
    return file.string();
  }

  const TempDirectory directory_;
};

TEST_F(CommandLine, PrintsItsVersion) {
  const FinishedCommand version = RunBinary({"version"});
  EXPECT_EQ(version.exit_code, 0) << version.err;
  EXPECT_THAT(version.out, HasSubstr("rtcroomd"));
}

TEST_F(CommandLine, RefusesUnknownArguments) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"fly"}, {"serve", "--wings"}, {"user-sig"}, {"user-sig", "sign"}}) {
    const FinishedCommand refused = RunBinary(arguments);
    EXPECT_EQ(refused.exit_code, kWrongUsage) << testing::PrintToString(arguments);
    EXPECT_NE(refused.err + refused.out, "");
  }
}

TEST_F(CommandLine, PrintsADefaultConfigurationThatLoads) {
  const FinishedCommand printed = RunBinary({"default-config"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  // The printed default listens with TLS, which needs the operator's certificate.
  const std::string config = WriteConfig(printed.out);
  const FinishedCommand checked = RunBinary({"check-config", "--config", config});
  EXPECT_EQ(checked.exit_code, kWrongUsage);
  EXPECT_THAT(checked.out + checked.err, HasSubstr("server.tls_cert"));

  const FinishedCommand with_http =
      RunToEnd({.program = ServerBinary(),
                .arguments = {"check-config", "--config", config},
                .environment = {{"RTCROOMD_SERVER_HTTPS_LISTEN", ""},
                                {"RTCROOMD_SERVER_HTTP_LISTEN", "127.0.0.1:5757"}}});
  EXPECT_EQ(with_http.exit_code, 0) << with_http.out << with_http.err;
}

TEST_F(CommandLine, ReportsAllProblemsOfAConfiguration) {
  const std::string config =
      WriteConfig("[server]\nworkers = 0\nspeed = 9\n[room]\nsweep_period = \"1\"\n");
  const FinishedCommand checked = RunBinary({"check-config", "--config", config});
  EXPECT_EQ(checked.exit_code, kWrongUsage);
  for (const char* key : {"server.workers", "server.speed", "room.sweep_period"}) {
    EXPECT_THAT(checked.out + checked.err, HasSubstr(key));
  }
}

TEST_F(CommandLine, WarnsOfMissingSettingsInAValidConfiguration) {
  const std::string config =
      WriteConfig("server.https_listen = \"\"\nserver.http_listen = \"127.0.0.1:0\"\n");
  const FinishedCommand checked = RunBinary({"check-config", "--config", config});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out + checked.err, HasSubstr("im.sdk_app_id"));
}

TEST_F(CommandLine, SignsATicketThatItVerifies) {
  const std::string config = WriteConfig(
      "server.https_listen = \"\"\nserver.http_listen = \"127.0.0.1:0\"\n"
      "im.sdk_app_id = 1400000001\nim.secret_key = \"a key for tests\"\n");
  const FinishedCommand signed_ticket = RunBinary(
      {"user-sig", "sign", "--config", config, "--user-id", "user_0001", "--expire", "600"});
  ASSERT_EQ(signed_ticket.exit_code, 0) << signed_ticket.err;
  const std::string ticket = signed_ticket.out.substr(0, signed_ticket.out.find('\n'));
  const auto verify = [&](const std::string& user, const std::string& shown) {
    return RunBinary({"user-sig", "verify", "--config", config, "--user-id", user, shown})
        .exit_code;
  };
  EXPECT_EQ(verify("user_0001", ticket), 0);
  EXPECT_EQ(verify("user_0002", ticket), 1);
  EXPECT_EQ(verify("user_0001", ticket + "A"), 1);
  EXPECT_EQ(verify("user_0001", "nonsense"), 1);
}

TEST_F(CommandLine, IsCompletedByBash) {
  const auto complete = [](const std::string& words, const std::string& last) {
    return RunToEnd(
               {.program = "/bin/bash",
                .arguments = {"-c",
                              "eval \"$($0 completion bash)\"; COMP_WORDS=(" + words +
                                  "); COMP_CWORD=" + last + "; _rtcroomd; echo \"${COMPREPLY[@]}\"",
                              ServerBinary()}})
        .out;
  };
  EXPECT_EQ(complete("rtcroomd check-", "1"), "check-config check-store\n");
  EXPECT_EQ(complete("rtcroomd user-sig ''", "2"), "sign verify --help\n");
  EXPECT_EQ(complete("rtcroomd completion z", "2"), "zsh\n");
  EXPECT_EQ(complete("rtcroomd serve --config x --de", "4"), "--dev\n");
  EXPECT_EQ(complete("rtcroomd serve --config ./fi", "3"), "\n") << "a file";
}

TEST_F(CommandLine, ChecksTheHealthOfARunningServer) {
  ServerProcess server;
  const std::string url = "http://127.0.0.1:" + std::to_string(server.PortOf("admin")) + "/readyz";
  // The command waits for only a few seconds, which a busy machine may exceed.
  FinishedCommand ready;
  EXPECT_TRUE(Eventually([&] {
    ready = RunBinary({"health-check", "--url", url});
    return ready.exit_code == 0;
  })) << ready.out
      << ready.err;
  EXPECT_EQ(server.Terminate(), 0);
  EXPECT_EQ(RunBinary({"health-check", "--url", url}).exit_code, 1);
}

}  // namespace
}  // namespace rtcroom
