// A server with the message channel, whose clients find it again after each of its restarts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/e2e/channel_caller.h"
#include "tests/e2e/channel_phone.h"
#include "tests/e2e/gen2_calls.h"
#include "tests/support/child_process.h"
#include "tests/support/gen2_client.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/server_process.h"

namespace rtcroom {

/// The sockets are those of a service manager: while no server runs, clients wait.
///
/// @threads for one thread; clients may be used from others.
class ChannelServer {
 public:
  /// @param hold  in TOML.
  explicit ChannelServer(const char* hold, Settings settings = {})
      : process_({.settings = WithSockets(hold, std::move(settings)),
                  .sockets = {{.name = "http", .descriptor = http_.descriptor()},
                              {.name = "https", .descriptor = https_.descriptor()}}}) {}

  ServerProcess& process() { return process_; }
  [[nodiscard]] const ServerProcess& process() const { return process_; }
  void KillAndStart() {
    process_.Kill9();
    process_.Start();
  }

  [[nodiscard]] Connect connect() const {
    return [this] { return process_.Https(); };
  }
  /// Logged in; both.
  [[nodiscard]] ChannelCaller Caller(const std::string& account) const {
    ChannelCaller caller(connect(), account);
    EXPECT_EQ(ErrorCodeOf(caller.LogIn().json), 0) << account;
    return caller;
  }
  [[nodiscard]] std::unique_ptr<ChannelPhone> Phone(const std::string& account) const {
    auto phone = std::make_unique<ChannelPhone>(connect(), ChannelUser{.account = account});
    EXPECT_EQ(phone->LogIn(), 0) << account;
    return phone;
  }

  /// That wait.
  [[nodiscard]] double Polls() const {
    return MetricOf(process_, R"(rtcroomd_channel_polls{kind="account"})") +
           MetricOf(process_, R"(rtcroomd_channel_polls{kind="room"})");
  }
  /// Answers that the server believes to be lost. It may be wrong on a busy machine, and gives the
  /// same once more.
  [[nodiscard]] double Redeliveries() const {
    return MetricOf(process_, "rtcroomd_channel_redeliveries_total");
  }

  /// `rtcroomd rooms ...`. @return the exit code.
  int Operate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "rooms");
    arguments.insert(arguments.end(), {"--config", process_.config_file().string(), "--target",
                                       process_.AddressOf("grpc")});
    return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)}).exit_code;
  }

 private:
  Settings WithSockets(const char* hold, Settings settings) const {
    settings.merge(Settings{{"server.http_listen", AddressOf(http_)},
                            {"server.https_listen", AddressOf(https_)},
                            {"channel.enabled", true},
                            {"channel.hold", hold},
                            {"channel.account_rate", "1000/s"},
                            {"channel.group_rate", "1000/s"},
                            {"room.max_pushers_multi", 8},
                            {"room.max_pushers_live", 8},
                            {"log.level", "info"}});
    return WithLogins(std::move(settings));
  }
  static std::string AddressOf(const LoopbackSocket& socket) {
    return "127.0.0.1:" + std::to_string(socket.Port());
  }

  const LoopbackSocket http_ = LoopbackSocket::Listen();
  const LoopbackSocket https_ = LoopbackSocket::Listen();
  ServerProcess process_;
};

}  // namespace rtcroom
