// `serve --dev`, as a developer sees it.
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/api_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

class DevServer : public testing::Test {
 protected:
  /// Every listener has a free port, except the one of `key`.
  ChildProcess Start(const std::string& key = {}, const std::string& address = {}) {
    std::ofstream config(directory_.path() / "rtcroomd.toml");
    for (const char* listener :
         {"server.http_listen", "server.https_listen", "admin.listen", "grpc.listen"}) {
      config << listener << " = \"" << (key == listener ? address : "127.0.0.1:0") << "\"\n";
    }
    config << "store.data_dir = \"" << (directory_.path() / "data").string() << "\"\n";
    config.close();
    return ChildProcess(
        {.program = ServerBinary(),
         .arguments = {"serve", "--dev", "--config", directory_.path() / "rtcroomd.toml"},
         .stdout_file = directory_.path() / "out",
         .stderr_file = directory_.path() / "log"});
  }
  [[nodiscard]] std::string log() const { return ReadWholeFile(directory_.path() / "log"); }

  const TempDirectory directory_;
};

TEST_F(DevServer, StartsWithoutAWarningAndHasAPageForBrowsers) {
  ChildProcess server = Start();
  std::smatch http;
  std::string lines;
  ASSERT_TRUE(Eventually([&] {
    lines = log();
    return lines.find(" info ready ") != std::string::npos;
  })) << lines;
  EXPECT_THAT(lines, Not(HasSubstr(" warn ")));
  ASSERT_TRUE(
      std::regex_search(lines, http, std::regex(R"(listener=http address=127\.0\.0\.1:(\d+))")));
  ApiClient browser(std::stoi(http[1]));
  const ApiRequest page{
      .method = "GET", .target = "/", .headers = {{"Accept", "text/html,*/*;q=0.8"}}};
  EXPECT_THAT(browser.Send(page).text, HasSubstr("href=\"/demo/\""));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST_F(DevServer, SaysWhatMovesAPortThatIsTaken) {
  ServerProcess other;
  const std::string taken = "127.0.0.1:" + std::to_string(other.PortOf("admin"));
  for (const std::string key :
       {"server.http_listen", "server.https_listen", "admin.listen", "grpc.listen"}) {
    ChildProcess server = Start(key, taken);
    EXPECT_EQ(server.WaitForExit(), 1);
    EXPECT_THAT(log(), HasSubstr("cannot listen on " + taken + ": Address already in use; " + key +
                                 " sets another address, and --port BASE other ports for all"));
  }
}

}  // namespace
}  // namespace rtcroom
