// A server that cannot start reports the reason in one line, and the responsible side by its exit
// code.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/eventually.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kFailedWhileRunning = 1;
constexpr int kWrongConfiguration = 2;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class Startup : public testing::Test {
 protected:
  void SetUp() override {
    WriteTestCertificate(directory_.path() / "cert.pem", directory_.path() / "key.pem");
  }

  /// Runs a server that is expected to exit.
  [[nodiscard]] FinishedCommand Serve(const Settings& changes) const {
    return RunToEnd({.program = ServerBinary(),
                     .arguments = {"serve", "--config", WriteConfig(changes).string()}});
  }

  [[nodiscard]] std::filesystem::path WriteConfig(const Settings& changes) const {
    Settings settings = changes;
    settings.merge(Settings{{"server.http_listen", "127.0.0.1:0"},
                            {"server.https_listen", "127.0.0.1:0"},
                            {"server.tls_cert", (directory_.path() / "cert.pem").string()},
                            {"server.tls_key", (directory_.path() / "key.pem").string()},
                            {"admin.listen", "127.0.0.1:0"},
                            {"grpc.listen", "unix:" + (directory_.path() / "grpc.sock").string()},
                            {"grpc.token", "a token for tests"},
                            {"store.data_dir", DataDirectory().string()},
                            {"log.level", "error"}});
    const std::filesystem::path file = directory_.path() / "rtcroomd.toml";
    std::ofstream(file) << TomlOf(settings);
    return file;
  }

  static void ExpectOneLine(const FinishedCommand& server, int exit_code,
                            const std::string& about) {
    EXPECT_EQ(server.exit_code, exit_code) << server.err;
    EXPECT_EQ(LinesOf(server.err).size(), 1U) << server.err;
    EXPECT_THAT(server.err, HasSubstr(about));
    for (const char* trace : {"terminate called", "what()", "Sanitizer", "core dumped", ".cc:"}) {
      EXPECT_THAT(server.err, Not(HasSubstr(trace)));
    }
  }

  [[nodiscard]] std::filesystem::path DataDirectory() const { return directory_.path() / "data"; }
  [[nodiscard]] std::filesystem::path Database() const { return DataDirectory() / "rtcroomd.db"; }

  const TempDirectory directory_;
};

TEST_F(Startup, ExitsWith1IfTheDatabaseIsDamaged) {
  std::filesystem::create_directory(DataDirectory());
  std::ofstream(Database()) << std::string(8192, 'x');
  ExpectOneLine(Serve({}), kFailedWhileRunning, "rtcroomd.db");
}

TEST_F(Startup, ExitsWith1IfTheDataDirectoryCannotBeCreated) {
  // Below a regular file not even root can create one.
  std::ofstream(directory_.path() / "file") << "in the way";
  const std::string below = (directory_.path() / "file" / "data").string();
  ExpectOneLine(Serve({{"store.data_dir", below}}), kFailedWhileRunning, below);
}

TEST_F(Startup, ExitsWith1IfAPortIsInUse) {
  const LoopbackSocket taken = LoopbackSocket::Listen();
  const std::string address = "127.0.0.1:" + std::to_string(taken.Port());
  for (const char* key :
       {"server.http_listen", "server.https_listen", "admin.listen", "grpc.listen"}) {
    ExpectOneLine(Serve({{key, address}}), kFailedWhileRunning, address);
  }
}

TEST_F(Startup, WritesItsLogToNoOtherFileIfStandardErrorIsClosed) {
  const LoopbackSocket taken = LoopbackSocket::Listen();
  const std::filesystem::path config =
      WriteConfig({{"admin.listen", "127.0.0.1:" + std::to_string(taken.Port())}});
  const FinishedCommand server =
      RunToEnd({.program = "/bin/sh",
                .arguments = {"-c", R"(exec "$0" serve --config "$1" 2>&-)",
                              ServerBinary().string(), config.string()}});
  EXPECT_EQ(server.exit_code, kFailedWhileRunning);
  const std::filesystem::path lock = DataDirectory() / "LOCK";
  ASSERT_TRUE(std::filesystem::exists(lock));
  EXPECT_EQ(ReadWholeFile(lock), "");
}

TEST_F(Startup, KeepsSignalsToReloadAndHandOverUntilItServes) {
  const std::filesystem::path config = WriteConfig({{"log.level", "info"}});
  const std::filesystem::path pipe = directory_.path() / "pipe";
  const std::filesystem::path log = directory_.path() / "log";
  ASSERT_EQ(::mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
  ChildProcess server({.program = ServerBinary(),
                       .arguments = {"serve", "--config", pipe.string()},
                       .stdout_file = directory_.path() / "out",
                       .stderr_file = log});
  // Blocks until the server reads its configuration from the pipe; what reads it later gets a file.
  std::ofstream content(pipe);
  std::filesystem::copy_file(config, directory_.path() / "copy");
  std::filesystem::rename(directory_.path() / "copy", pipe);
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) server.Signal(signal);
  content << ReadWholeFile(config) << std::flush;
  content.close();
  for (const char* event : {R"("event":"reloaded")", R"("event":"hand_over_started")"}) {
    EXPECT_TRUE(Eventually([&] { return ReadWholeFile(log).find(event) != std::string::npos; }))
        << ReadWholeFile(log);
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST_F(Startup, ExitsWith2IfGrpcLacksAccessControl) {
  ExpectOneLine(Serve({{"grpc.listen", "127.0.0.1:0"}, {"grpc.token", ""}}), kWrongConfiguration,
                "grpc.token: missing");
  const FinishedCommand everywhere = Serve({{"grpc.listen", "0.0.0.0:0"}});
  EXPECT_EQ(everywhere.exit_code, kWrongConfiguration) << everywhere.err;
  EXPECT_THAT(everywhere.err, HasSubstr("grpc.client_ca: missing"));
}

TEST_F(Startup, ExitsWith1IfAnotherServerUsesTheDataDirectory) {
  const ServerProcess first;
  const std::string shared = first.data_directory().string();
  ExpectOneLine(Serve({{"store.data_dir", shared}}), kFailedWhileRunning, shared);
  EXPECT_EQ(first.Admin().Get("/readyz").status, 200) << "the first server is unaffected";
}

TEST_F(Startup, ExitsWith2IfTheCertificateIsInvalid) {
  const std::filesystem::path broken = directory_.path() / "broken.pem";
  std::ofstream(broken) << "-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n";
  for (const char* key : {"server.tls_cert", "server.tls_key"}) {
    const FinishedCommand server = Serve({{key, broken.string()}});
    ExpectOneLine(server, kWrongConfiguration, broken.string());
    EXPECT_THAT(server.err, HasSubstr("server.tls_"));
  }
}

TEST_F(Startup, ExitsWith2IfTheTicketSigningKeyIsInvalid) {
  const std::filesystem::path broken = directory_.path() / "broken.pem";
  std::ofstream(broken) << "-----BEGIN PRIVATE KEY-----\nnot base64\n-----END PRIVATE KEY-----\n";
  ExpectOneLine(Serve({{"im.sdk_app_id", 1400000001},
                       {"im.sig_version", 1},
                       {"im.private_key_file", broken.string()}}),
                kWrongConfiguration, "im.private_key_file");
}

TEST_F(Startup, ExitsWith2IfTheCertificateIsMissing) {
  ExpectOneLine(Serve({{"server.tls_cert", "/nowhere/cert.pem"}}), kWrongConfiguration,
                "server.tls_cert");
}

TEST_F(Startup, ExitsWith2IfTheConfigurationIsNotToml) {
  const std::filesystem::path file = directory_.path() / "broken.toml";
  std::ofstream(file) << "[server\nworkers = 1\n";
  const FinishedCommand server =
      RunToEnd({.program = ServerBinary(), .arguments = {"serve", "--config", file.string()}});
  EXPECT_EQ(server.exit_code, kWrongConfiguration) << server.err;
  EXPECT_THAT(server.err, HasSubstr("line 1"));
}

}  // namespace
}  // namespace rtcroom
