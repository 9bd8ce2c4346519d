// Logs under `utils`, through the public API (protocol A.5, F.8).
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/utils_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// A server with logs, a link that leads outside of them, and a secret beside them.
class Utils : public testing::Test {
 protected:
  Utils() {
    fs::create_directories(logs_ / "old");
    std::ofstream(logs_ / "a.log") << "first\nsecond\n";
    std::ofstream(logs_ / "old" / "<b>.log") << "old\n";
    std::ofstream(directory_.path() / "secret") << "secret\n";
    fs::create_symlink(directory_.path() / "secret", logs_ / "link");
    fs::create_directory_symlink(directory_.path(), logs_ / "linked");
  }

  const TempDirectory directory_;
  const fs::path logs_ = directory_.path() / "logs";
  ServerProcess server_{
      {.settings = UtilsSettings(
           {{"utils.log_dir", logs_.string()}, {"utils.public_url", "https://rooms.example"}})}};
  ApiClient client_ = server_.Https();
};

TEST_F(Utils, ServeLogsToTheOperator) {
  const ApiReply list = Get(client_, "logfilelist", kToken);
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(list.headers.at("x-content-type-options"), "nosniff");
  EXPECT_THAT(list.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(list.text,
              HasSubstr("href=\"https://rooms.example/weapp/utils/getlogfile?file=a.log\">a.log "
                        "1KB</a>"));
  EXPECT_THAT(list.text, HasSubstr("file=old/%3Cb%3E.log\">old/&lt;b&gt;.log 1KB</a>"));
  EXPECT_THAT(list.text, Not(HasSubstr("link")));

  const ApiReply file = Get(client_, "getlogfile?file=a.log", kToken);
  EXPECT_EQ(file.text, "first\nsecond\n");
  EXPECT_EQ(file.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(file.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(Get(client_, "getlogfile?file=old/%3Cb%3E.log", kToken).text, "old\n");
}

TEST_F(Utils, RefuseOtherCallersWithoutLoggingTheirToken) {
  for (const char* endpoint : {"logfilelist", "getlogfile?file=a.log", "check_config"}) {
    EXPECT_EQ(Get(client_, endpoint).code(), 7) << endpoint;
    EXPECT_EQ(Get(client_, endpoint, "guessed-wrong").code(), 7) << endpoint;
  }
  EXPECT_EQ(Get(client_, "logfilelist", kToken).status, 200);
  const std::string log = server_.StopAndReadLog();
  EXPECT_THAT(log, HasSubstr("logfilelist"));
  EXPECT_THAT(log, Not(HasSubstr(kToken)));
  EXPECT_THAT(log, Not(HasSubstr("guessed-wrong")));
}

TEST_F(Utils, ReloadTheTokenWithoutARestart) {
  std::string text = ReadWholeFile(server_.config_file());
  const std::string fresh = "another-token";
  text.replace(text.find(kToken), std::string(kToken).size(), fresh);
  std::ofstream(server_.config_file()) << text;
  server_.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Get(client_, "getlogfile?file=a.log", fresh).code() != 7; }));
  EXPECT_EQ(Get(client_, "logfilelist", kToken).code(), 7);
}

}  // namespace
}  // namespace rtcroom
