#include "tests/cluster/front_proxy.h"

#include <chrono>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include "tests/support/api_client.h"
#include "tests/support/eventually.h"

namespace rtcroom {

FrontProxy::FrontProxy(const std::vector<int>& ports) {
  std::string servers;
  for (const int port : ports) servers += fmt::format("server 127.0.0.1:{} max_fails=0;\n", port);
  std::string text = ReadWholeFile(RTCROOM_NGINX_TEMPLATE);
  text = std::regex_replace(text, std::regex("@NODES@"), servers);
  text = std::regex_replace(text, std::regex("@LISTEN@"), fmt::format("127.0.0.1:{}", port()));
  std::ofstream(folder_.path() / "nginx.conf") << text;
  const std::filesystem::path log = folder_.path() / "log";
  // One process: the kernel ends it with the test.
  nginx_.emplace(ChildCommand{.program = RTCROOM_NGINX,
                              .arguments = {"-p", folder_.path().string(), "-c", "nginx.conf", "-e",
                                            "stderr", "-g", "master_process off;"},
                              .stdout_file = log,
                              .stderr_file = log});
  const bool is_up = Eventually([&] {
    return nginx_->WaitForExit(std::chrono::milliseconds(0)) ||
           LoopbackSocket::Connect(port()).valid();
  });
  if (!is_up || nginx_->WaitForExit(std::chrono::milliseconds(0))) {
    throw std::runtime_error("nginx does not start: " + ReadWholeFile(log));
  }
}

}  // namespace rtcroom
