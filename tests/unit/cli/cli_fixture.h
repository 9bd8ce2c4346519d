// Runs commands without a separate process.
#pragma once

#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/cli/cli.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_directory.h"
#include "tests/support/unexpected_http.h"

namespace rtcroom {

/// Returns the answer set by a test and records the requests.
class ScriptedHttp : public UnexpectedHttp {
 public:
  Result<OutgoingReply> Get(const std::string& base_url, const std::string& path_and_query,
                            std::chrono::milliseconds) override {
    asked.push_back(base_url + " " + path_and_query);
    return answer;
  }

  Result<OutgoingReply> answer = OutgoingReply{.status = 200, .body = {}};
  std::vector<std::string> asked = {};
};

class CliTest : public testing::Test {
 protected:
  /// The arguments of a call of `serve`.
  struct Served {
    Config config = {};
    RunMode mode = RunMode::kNormal;
    std::size_t problems_of_reload = 0;
  };

  int Run(const std::vector<std::string>& arguments) {
    out_.str("");
    err_.str("");
    return RunCli(arguments,
                  {.out = out_,
                   .err = err_,
                   .environment = environment_,
                   .clock = clock_,
                   .http = http_,
                   .serve = [this](const Config& config, RunMode mode, const ConfigReload& reload) {
                     served_ = Served{config, mode, reload().problems.size()};
                     return serve_result_;
                   }});
  }

  /// The path of a new file with that content.
  std::string MakeFile(const std::string& name, const std::string& content) {
    std::string path = (directory_.path() / name).string();
    std::ofstream(path) << content;
    return path;
  }

  [[nodiscard]] std::string out() const { return out_.str(); }
  [[nodiscard]] std::string err() const { return err_.str(); }

  TempDirectory directory_;
  FakeClock clock_;
  ScriptedHttp http_;
  Environment environment_;
  std::optional<Served> served_;
  int serve_result_ = 0;

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace rtcroom
