#include "tests/e2e/nginx_media_server.h"

#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include <signal.h>
#include <unistd.h>

#include "tests/support/eventually.h"

namespace rtcroom {
namespace {

/// Calls about running streams in a tenth of the time. On a busy machine a pusher may stand still
/// for longer than a phone that is gone.
void ChangeTimes(const std::filesystem::path& config) {
  const std::pair<std::string, std::string> changes[] = {
      {"notify_update_timeout 5s;", "notify_update_timeout 500ms;"},
      {"ping_timeout 5s;", "ping_timeout 60s;"},
      {"drop_idle_publisher 10s;", "drop_idle_publisher 60s;"}};
  std::string text = ReadWholeFile(config);
  for (const auto& [usual, changed] : changes) {
    std::size_t at = text.find(usual);
    if (at == std::string::npos) throw std::runtime_error("no " + usual + ": " + text);
    for (; at != std::string::npos; at = text.find(usual, at)) {
      text.replace(at, usual.size(), changed);
    }
  }
  std::ofstream(config) << text;
}

}  // namespace

NginxMediaServer::NginxMediaServer(const std::vector<std::string>& options,
                                   NginxProcesses processes)
    : MediaServer("nginx-rtmp"), processes_(processes) {
  std::vector<std::string> arguments = {
      "--data",          folder().string(), "--rtmp",        rtmp_address(), "--control",
      control_address(), "--hls",           AddressOf(hls_), "--callbacks",  callbacks_address()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(folder().string());
  const FinishedCommand prepared =
      RunToEnd({.program = RTCROOM_MEDIA_PREPARE, .arguments = std::move(arguments)});
  if (prepared.exit_code != 0) throw std::runtime_error("prepare: " + prepared.err);
  ChangeTimes(folder() / "nginx.conf");
  Start();
}

NginxMediaServer::~NginxMediaServer() {
  if (processes_ == NginxProcesses::kMasterAndWorker) End(SIGTERM);
}

void NginxMediaServer::Start() {
  const std::filesystem::path pid_file = folder() / "nginx.pid";
  std::filesystem::remove(pid_file);
  std::filesystem::remove(folder() / "relay.sock");  // of a killed one
  std::string globals = "daemon off;";
  if (processes_ == NginxProcesses::kOne) {
    globals += " master_process off;";
  } else if (::geteuid() == 0) {
    globals += " user root;";  // not nobody, who may not write here
  }
  // A master that is terminated, not killed, ends its workers.
  Run({.program = "/usr/bin/env",
       .arguments = {"-C", folder().string(), "setpriv", "--pdeathsig",
                     processes_ == NginxProcesses::kOne ? "KILL" : "TERM", RTCROOM_NGINX, "-p",
                     folder().string(), "-c", "nginx.conf", "-e", "stderr", "-g", globals},
       .stdout_file = log_file(),
       .stderr_file = log_file()},
      [&] { return ReadWholeFile(pid_file) == std::to_string(pid()) + "\n"; });
}

void NginxMediaServer::Reload() {
  const std::string old = Worker();
  Signal(SIGHUP);
  const bool is_replaced = !old.empty() && Eventually([&] {
    // nginx sets this title when it closes its listening sockets.
    const std::string title = ReadWholeFile("/proc/" + old + "/cmdline");
    return title.find("shutting down") != title.npos && !Worker().empty();
  });
  if (!is_replaced) throw std::runtime_error("nginx has not reloaded: " + Log());
}

std::string NginxMediaServer::Stat() const {
  return Control()
      .Send({.method = "GET",
             .target = "/stat",
             .headers = {{"Authorization", "Bearer " + SecretOf("control-key")}}})
      .text;
}

std::string NginxMediaServer::Worker() const {
  static const std::regex pid("<pid>([0-9]+)</pid>");
  const std::string all = Stat();
  std::smatch found;
  return std::regex_search(all, found, pid) ? found[1].str() : "";
}

std::map<std::string, std::string> NginxMediaServer::Publishers(
    const std::string& application) const {
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

std::string NginxMediaServer::SecretOf(const std::string& name) const {
  const std::string line = ReadWholeFile(folder() / name);
  return line.substr(0, line.find('\n'));
}

}  // namespace rtcroom
