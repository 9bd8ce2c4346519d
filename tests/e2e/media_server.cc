#include "tests/e2e/media_server.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <regex>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

constexpr std::size_t kShownLogBytes = 4'000;

/// Those that are made for secrets.
bool IsKeyFile(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with("-key") || name.ends_with("-secret") || name == "callback-header.conf" ||
         name == "control-key.conf";
}

/// Calls about running streams in a tenth of the time.
void ShortenUpdates(const std::filesystem::path& config) {
  const std::string key = "notify_update_timeout ";
  std::string text = ReadWholeFile(config);
  const std::size_t at = text.find(key + "5s;");
  if (at == std::string::npos) throw std::runtime_error("no update period: " + text);
  text.replace(at, key.size() + 2, key + "500ms");
  std::ofstream(config) << text;
}

}  // namespace

MediaServer::MediaServer(const std::vector<std::string>& options, NginxProcesses processes)
    : processes_(processes) {
  const std::string folder = folder_.path().string();
  std::filesystem::create_directory(recordings());
  std::vector<std::string> arguments = {"--data",      folder,
                                        "--rtmp",      AddressOf(rtmp_),
                                        "--control",   AddressOf(control_),
                                        "--hls",       AddressOf(hls_),
                                        "--callbacks", AddressOf(callbacks_)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(folder);
  const FinishedCommand prepared =
      RunToEnd({.program = RTCROOM_MEDIA_PREPARE, .arguments = std::move(arguments)});
  if (prepared.exit_code != 0) throw std::runtime_error("prepare: " + prepared.err);
  ShortenUpdates(folder_.path() / "nginx.conf");
  Start();
}

MediaServer::~MediaServer() {
  if (nginx_ && processes_ == NginxProcesses::kMasterAndWorker) {
    nginx_->Signal(SIGTERM);
    nginx_->WaitForExit();
  }
  nginx_.reset();
  if (!testing::Test::HasFailure()) return;
  const std::string log = Log();
  std::cerr << "--- nginx log\n"
            << log.substr(log.size() - std::min(log.size(), kShownLogBytes)) << "---\n";
}

Settings MediaServer::RoomSettings(Settings settings) const {
  settings.merge(Settings{{"admin.listen", AddressOf(callbacks_)},
                          {"live.api", "nginx-rtmp"},
                          {"live.api_base_url", "http://" + AddressOf(control_)},
                          {"live.control_key", SecretOf("control-key")},
                          {"live.rtmp_callback_secret", SecretOf("callback-secret")},
                          {"live.push_key", SecretOf("push-key")},
                          {"live.play_key", SecretOf("play-key")},
                          {"live.push_host", AddressOf(rtmp_)},
                          {"live.play_host", AddressOf(rtmp_)},
                          {"recording.root", recordings().string()}});
  return settings;
}

void MediaServer::Start() {
  const std::string folder = folder_.path().string();
  const std::filesystem::path pid_file = folder_.path() / "nginx.pid";
  std::filesystem::remove(pid_file);
  std::filesystem::remove(folder_.path() / "relay.sock");  // of a killed one
  std::string globals = "daemon off;";
  if (processes_ == NginxProcesses::kOne) {
    globals += " master_process off;";
  } else if (::geteuid() == 0) {
    globals += " user root;";  // not nobody, who may not write here
  }
  // A master that is terminated, not killed, ends its workers.
  nginx_.emplace(ChildCommand{
      .program = "/usr/bin/env",
      .arguments = {"-C", folder, "setpriv", "--pdeathsig",
                    processes_ == NginxProcesses::kOne ? "KILL" : "TERM", RTCROOM_NGINX, "-p",
                    folder, "-c", "nginx.conf", "-e", "stderr", "-g", globals},
      .stdout_file = log_file(),
      .stderr_file = log_file()});
  const std::string pid = std::to_string(nginx_->pid()) + "\n";
  const bool is_up = Eventually([&] {
    return ReadWholeFile(pid_file) == pid ||
           nginx_->WaitForExit(std::chrono::milliseconds(0)).has_value();
  });
  if (!is_up || nginx_->WaitForExit(std::chrono::milliseconds(0))) {
    throw std::runtime_error("nginx has not started: " + Log());
  }
}

void MediaServer::Kill9() {
  nginx_->Signal(SIGKILL);
  nginx_->WaitForExit();
  nginx_.reset();
}

void MediaServer::Reload() {
  const std::string old = Worker();
  nginx_->Signal(SIGHUP);
  const bool is_replaced = !old.empty() && Eventually([&] {
    // nginx sets this title when it closes its listening sockets.
    const std::string title = ReadWholeFile("/proc/" + old + "/cmdline");
    return title.find("shutting down") != title.npos && !Worker().empty();
  });
  if (!is_replaced) throw std::runtime_error("nginx has not reloaded: " + Log());
}

std::string MediaServer::Stat() const {
  return Control()
      .Send({.method = "GET",
             .target = "/stat",
             .headers = {{"Authorization", "Bearer " + SecretOf("control-key")}}})
      .text;
}

std::string MediaServer::Worker() const {
  static const std::regex pid("<pid>([0-9]+)</pid>");
  const std::string all = Stat();
  std::smatch found;
  return std::regex_search(all, found, pid) ? found[1].str() : "";
}

std::map<std::string, std::string> MediaServer::Publishers(const std::string& application) const {
  static const std::regex stream(R"(<stream>\s*<name>([^<]*)</name>([^]*?)</stream>)");
  static const std::regex client(R"(<client><id>(\d+)</id>([^]*?)</client>)");
  const std::string all = Stat();
  const std::regex streams("<name>" + application + R"(</name>\s*<live>([^]*?)</live>)");
  std::smatch found;
  if (!std::regex_search(all, found, streams)) return {};
  const std::string stat = found[1];
  std::map<std::string, std::string> publishers;
  for (std::sregex_iterator at(stat.begin(), stat.end(), stream), end; at != end; ++at) {
    const std::string clients = (*at)[2];
    for (std::sregex_iterator one(clients.begin(), clients.end(), client); one != end; ++one) {
      const bool publishes = (*one)[2].str().find("<publishing/>") != std::string::npos;
      if (publishes) publishers[(*at)[1]] = (*one)[1];
    }
  }
  return publishers;
}

std::optional<std::string> MediaServer::PublisherOf(const std::string& stream) const {
  const std::map<std::string, std::string> publishers = Publishers();
  const auto found = publishers.find(stream);
  return found == publishers.end() ? std::nullopt : std::optional(found->second);
}

std::string MediaServer::SecretOf(const std::string& name) const {
  const std::string line = ReadWholeFile(folder_.path() / name);
  return line.substr(0, line.find('\n'));
}

std::string MediaServer::WrittenText() const {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
    if (entry.is_regular_file() && !IsKeyFile(entry.path())) text += ReadWholeFile(entry.path());
  }
  return text;
}

}  // namespace rtcroom
