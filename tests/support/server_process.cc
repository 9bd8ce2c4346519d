#include "tests/support/server_process.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>
#include <stdexcept>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/eventually.h"
#include "tests/support/sanitizers.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

constexpr std::size_t kShownLogBytes = 4'000;

Settings HarnessSettings(const std::filesystem::path& directory) {
  return {
      {"server.http_listen", "127.0.0.1:0"},
      {"server.https_listen", "127.0.0.1:0"},
      {"server.tls_cert", (directory / "cert.pem").string()},
      {"server.tls_key", (directory / "key.pem").string()},
      {"admin.listen", "127.0.0.1:0"},
      {"grpc.listen", "unix:" + (directory / "grpc.sock").string()},
      {"store.data_dir", (directory / "data").string()},
      {"log.format", "json"},
      {"log.level", "debug"},
      // A machine may stall at any moment. Tests of leases set short values.
      {"room.heartbeat_timeout", "1h"},
      {"room.inactive_ttl", "1h"},
      {"server.request_timeout", "60s"},
      // All clients of a test share an address, and few tests cover these limits.
      {"limits.per_address_rate", "0/s"},
      {"limits.per_user_rate", "0/s"},
      {"limits.pushers_rate", "0/s"},
      {"limits.rooms_per_address", 0},
      {"limits.rooms_per_user", 0},
      {"limits.signing_rate", "0/h"},
  };
}

std::size_t CountListeners(const Settings& settings) {
  const std::array<const char*, 5> keys = {"server.http_listen", "server.https_listen",
                                           "admin.listen", "grpc.listen", "grpc.worker_listen"};
  return static_cast<std::size_t>(std::ranges::count_if(keys, [&](const char* key) {
    const auto found = settings.find(key);
    return found != settings.end() && found->second != "";
  }));
}

std::string Tail(const std::string& log) {
  return log.size() <= kShownLogBytes ? log : "...\n" + log.substr(log.size() - kShownLogBytes);
}

}  // namespace

std::string TomlOf(const Settings& settings) {
  std::string text;
  for (const auto& [key, value] : settings) text += key + " = " + value.dump() + "\n";
  return text;
}

std::filesystem::path ServerBinary() {
  const char* const other = std::getenv(kOtherServerVariable);
  return other != nullptr ? other : RTCROOMD_BINARY;
}

ServerProcess::ServerProcess(ServerOptions options)
    : options_(std::move(options)), program_(options_.program) {
  WriteTestCertificate(certificate(), certificate_key());
  Settings settings = options_.settings;
  settings.merge(HarnessSettings(directory_.path()));
  std::ofstream(config_file()) << TomlOf(settings);
  std::filesystem::permissions(config_file(), std::filesystem::perms(0600));  // contains secrets
  listeners_ = CountListeners(settings);
  Start();
}

ServerProcess::~ServerProcess() {
  if (child_ != nullptr) {
    child_->Signal(SIGCONT);
    EXPECT_EQ(Terminate(), 0) << "the server did not stop cleanly";
  }
  if (testing::Test::HasFailure()) std::cerr << "--- server log\n" << Tail(Log()) << "---\n";
}

void ServerProcess::Start(Until until) {
  started_at_log_ = LogSize();
  std::vector<std::pair<std::string, std::string>> environment = options_.environment;
  // Otherwise only root could inspect its memory and descriptors.
  if (::geteuid() != 0) environment.emplace_back("RTCROOM_ALLOW_DEBUGGERS", "1");
  child_ = std::make_unique<ChildProcess>(
      ChildCommand{.program = program_,
                   .arguments = {"serve", "--config", config_file().string()},
                   .environment = std::move(environment),
                   .stdout_file = log_file(),
                   .stderr_file = log_file(),
                   .sockets = options_.sockets});
  bool ended = false;
  const bool up = Eventually([&] {
    ended = child_->WaitForExit(std::chrono::milliseconds(0)).has_value();
    addresses_ = AddressesSince(started_at_log_);
    if (until == Until::kWaiting && addresses_.contains("admin")) return true;
    if (ended || addresses_.size() != listeners_) return ended;
    return until == Until::kListening || IsReady();
  });
  if (up && !ended) return;
  child_.reset();
  throw std::runtime_error("rtcroomd did not become ready:\n" + Tail(Log()));
}

bool ServerProcess::IsReady() const {
  // The line may follow the first such reply; HandOver takes a later one for the next program's.
  return LogsReadySince(started_at_log_) && Admin().Get("/readyz").status == 200;
}

bool ServerProcess::AwaitReady() {
  return Eventually([&] {
    addresses_ = AddressesSince(started_at_log_);
    return addresses_.size() == listeners_ && IsReady();
  });
}

void ServerProcess::HandOver() {
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    const std::uintmax_t log_start = LogSize();
    const auto logs = [&](std::string_view text) {
      return Log().find(text, log_start) != std::string::npos;
    };
    child_->Signal(SIGUSR2);
    if (!Eventually([&] { return LogsReadySince(log_start) || logs("did not end within"); })) break;
    // On a busy machine the next program's check of the configuration may take too long.
    if (!LogsReadySince(log_start)) continue;
    if (AddressesSince(log_start) != addresses_) break;
    return;
  }
  throw std::runtime_error("rtcroomd did not hand over:\n" + Tail(Log()));
}

void ServerProcess::Kill9() {
  child_->Signal(SIGKILL);
  child_->WaitForExit();
  child_.reset();
}

int ServerProcess::Terminate() {
  child_->Signal(SIGTERM);
  const int exit_code = child_->WaitForExit().value_or(-1);
  child_.reset();
  return exit_code;
}

bool ServerProcess::WaitForLog(std::string_view text) const {
  return Eventually([&] { return Log().find(text) != std::string::npos; });
}

std::string ServerProcess::StopAndReadLog() {
  EXPECT_EQ(Terminate(), 0) << "the server did not stop cleanly";
  return Log();
}

std::uintmax_t ServerProcess::LogSize() const {
  return std::filesystem::exists(log_file()) ? std::filesystem::file_size(log_file()) : 0;
}

bool ServerProcess::LogsReadySince(std::uintmax_t log_start) const {
  const std::string log = Log();
  return log.find(R"("event":"ready")", log_start) != std::string::npos ||
         log.find(" info ready ", log_start) != std::string::npos;
}

int ServerProcess::PortOf(const std::string& listener) const {
  const std::string address = AddressOf(listener);
  return std::stoi(address.substr(address.rfind(':') + 1));
}

std::map<std::string, std::string> ServerProcess::AddressesSince(std::uintmax_t log_start) const {
  std::map<std::string, std::string> addresses;
  std::ifstream lines(log_file());
  lines.seekg(static_cast<std::streamoff>(log_start));
  for (std::string line; std::getline(lines, line);) {
    if (lines.eof()) break;  // an incomplete last line
    static const std::regex text(R"( info listening listener=(\S+) address=(\S+)$)");
    std::smatch parts;
    if (!line.starts_with('{') && std::regex_search(line, parts, text)) {
      addresses[parts[1]] = parts[2];
    }
    const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object() || entry.value("event", "") != "listening") continue;
    addresses[entry.value("listener", "")] = entry.value("address", "");
  }
  return addresses;
}

}  // namespace rtcroom
