// A log without a reader, for instance when the program behind a pipe hangs.
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include "daemon/base/file_descriptor.h"
#include "tests/e2e/room_calls.h"
#include "tests/support/metrics_text.h"
#include "tests/support/server_process.h"

namespace rtcroom {
namespace {

constexpr int kPipeBytes = 4096;
constexpr const char* kDropped = R"(rtcroomd_log_lines_dropped_total{level="debug"})";

/// A server that logs to a pipe.
class LogReader : public testing::Test {
 protected:
  LogReader() {
    EXPECT_EQ(::mkfifo(pipe().c_str(), S_IRUSR | S_IWUSR), 0);
    // Also for writing: so it can be opened before the server opens it, and stays open after it.
    reader_ = FileDescriptor(::open(pipe().c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    EXPECT_GE(::fcntl(reader_.get(), F_SETPIPE_SZ, kPipeBytes), 0);
    std::ofstream(config()) << TomlOf({{"server.http_listen", "127.0.0.1:0"},
                                       {"server.https_listen", ""},
                                       {"admin.listen", "127.0.0.1:0"},
                                       {"grpc.listen", ""},
                                       {"store.data_dir", (directory_.path() / "data").string()},
                                       {"log.format", "json"},
                                       {"log.level", "debug"},
                                       {"limits.per_address_rate", "0/s"},
                                       {"limits.per_user_rate", "0/s"},
                                       {"limits.pushers_rate", "0/s"}});
    server_.emplace(ChildCommand{.program = ServerBinary(),
                                 .arguments = {"serve", "--config", config().string()},
                                 .stdout_file = directory_.path() / "stdout",
                                 .stderr_file = pipe()});
  }

  [[nodiscard]] std::filesystem::path pipe() const { return directory_.path() / "log"; }
  [[nodiscard]] std::filesystem::path config() const { return directory_.path() / "rtcroomd.toml"; }

  /// Reads until a line contains that text.
  bool ReadUntil(const std::string& text) {
    return Eventually([&] {
      std::array<char, kPipeBytes> piece{};
      const ssize_t got = ::read(reader_.get(), piece.data(), piece.size());
      if (got > 0) read_.append(piece.data(), static_cast<std::size_t>(got));
      return read_.find(text) != std::string::npos;
    });
  }
  [[nodiscard]] int PortOf(const std::string& listener) const {
    std::smatch found;
    const std::regex line("\"listener\":\"" + listener + "\",\"address\":\"127.0.0.1:([0-9]+)\"");
    return std::regex_search(read_, found, line) ? std::stoi(found[1]) : 0;
  }

  const TempDirectory directory_;
  FileDescriptor reader_;
  std::string read_;
  std::optional<ChildProcess> server_;
};

TEST_F(LogReader, BlocksNoRequestsWhenItStopsReading) {
  ASSERT_TRUE(ReadUntil(R"("event":"ready")"));
  ApiClient phone(PortOf("http"));
  ApiClient admin(PortOf("admin"));
  const auto dropped = [&] { return MetricsText::Read(admin.Get("/metrics").text).Of(kDropped); };
  constexpr int kFarMoreThanPipeAndQueueHold = 100'000;
  for (int i = 0; i < kFarMoreThanPipeAndQueueHold; ++i) {
    ASSERT_EQ(phone.Call("multi_room", "get_pushers", RoomBody("nowhere")).code(), kNoSuchRoom);
    if (i % 500 == 0 && dropped() > 0) break;
  }
  EXPECT_GT(dropped(), 0);
  EXPECT_EQ(phone.Call("multi_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  EXPECT_EQ(phone.Call("multi_room", "add_pusher", PusherBody("r1", "u2")).code(), kOk);
  EXPECT_EQ(admin.Get("/readyz").status, 200);

  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->WaitForExit(), std::optional<int>(0))
      << "the stop does not wait for the reader either";
}

TEST_F(LogReader, ReceivesTheLinesOfTheShutdown) {
  ASSERT_TRUE(ReadUntil(R"("event":"ready")"));
  server_->Signal(SIGTERM);
  EXPECT_TRUE(ReadUntil(R"("event":"stopped")"));
  EXPECT_EQ(server_->WaitForExit(), std::optional<int>(0));
}

}  // namespace
}  // namespace rtcroom
