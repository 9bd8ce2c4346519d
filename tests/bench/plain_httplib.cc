// cpp-httplib alone, as a program for phones would use it: 64 threads, keep-alive, no delay.
// Answers each POST to /weapp/multi_room/NAME with the bytes of the file FOLDER/NAME. The reference
// for rtcroomd in tests/bench/compare.
//   plain_httplib FOLDER [CERTIFICATE KEY]     prints its port; with a certificate it is HTTPS
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <string>

#include <httplib.h>

namespace {

constexpr std::size_t kThreads = 64;

void AnswerFrom(httplib::Server& server, const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    server.Post("/weapp/multi_room/" + entry.path().filename().string(),
                [body](const httplib::Request& /*request*/, httplib::Response& response) {
                  response.set_content(body, "application/json; charset=utf-8");
                });
  }
}

int Serve(httplib::Server& server, const std::filesystem::path& folder) {
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };  // it deletes it
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server.set_keep_alive_timeout(75);
  AnswerFrom(server, folder);
  std::cout << server.bind_to_any_port("127.0.0.1") << '\n' << std::flush;
  return server.listen_after_bind() ? 0 : 1;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): a benchmark that cannot run should terminate at once
int main(int argc, char** argv) {
  if (argc == 2) {
    httplib::Server server;
    return Serve(server, argv[1]);
  }
  if (argc == 4) {
    httplib::SSLServer server(argv[2], argv[3]);
    if (server.is_valid()) return Serve(server, argv[1]);
  }
  std::cerr << "usage: plain_httplib FOLDER [CERTIFICATE KEY]\n";
  return 2;
}
