// Dependencies of the endpoints under `utils`, controlled by a test.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handlers/rooms/utils_services.h"

namespace rtcroom {

/// Numbers its streams.
class FakeTestStreams : public TestStreams {
 public:
  bool configured = true;

  Result<TestStream> NewStream(TimePoint /*now*/) override {
    if (!configured) return Error{Errc::kUnavailable, "no push host"};
    const std::string name = "test" + std::to_string(++made_);
    return TestStream{.push_url = "rtmp://push/" + name,
                      .flv_url = "https://play/" + name + ".flv",
                      .rtmp_url = "rtmp://play/" + name,
                      .hls_url = "https://play/" + name + ".m3u8",
                      .accelerate_url = "rtmp://play/" + name + "?fast"};
  }
  Result<std::string> ClockUrl(TimePoint /*now*/) const override {
    if (!configured) return Error{Errc::kUnavailable, "no play host"};
    return std::string("rtmp://play/clock");
  }

 private:
  int made_ = 0;
};

/// Signatures that contain their inputs.
class FakeLoginInfoSigner : public LoginInfoSigner {
 public:
  bool configured = true;

  Result<std::string> Sign(const UserId& user_id, TimePoint ends) const override {
    if (!configured) return Error{Errc::kUnavailable, "no key"};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(ends).time_since_epoch().count();
    return "sign-of-" + user_id.value + "-until-" + std::to_string(seconds);
  }
};

class FakeLogFiles : public LogFiles {
 public:
  Result<std::vector<LogFile>> files = std::vector<LogFile>();
  /// Result of `ReadTail` for every name.
  Result<std::string> tail = Error{Errc::kFileNotFound, "no such log file"};
  mutable std::vector<std::string> asked{};

  Result<std::vector<LogFile>> List() const override { return files; }
  Result<std::string> ReadTail(std::string_view name) const override {
    asked.emplace_back(name);
    return tail;
  }
};

/// Answers at once.
class FakeConfigProbe : public ConfigProbe {
 public:
  std::vector<ConfigFinding> findings{};
  int times_asked = 0;

  void Check(Done done) override {
    ++times_asked;
    done(findings);
  }
};

/// Off until a test switches it on.
struct FakeUtils {
  FakeTestStreams test_streams;
  FakeLoginInfoSigner login_info;
  FakeLogFiles logs;
  FakeConfigProbe config;
  BearerToken token{Secret()};
  UtilsServices services{.log_link = "/weapp/utils/getlogfile?file=",
                         .test_streams = test_streams,
                         .login_info = login_info,
                         .logs = logs,
                         .config = config,
                         .token = token};

  void SwitchOn() {
    services.enabled = true;
    services.open_login_info = true;
  }
};

}  // namespace rtcroom
