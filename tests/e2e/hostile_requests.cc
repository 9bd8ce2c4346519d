#include "tests/e2e/hostile_requests.h"

#include <fmt/format.h>

namespace rtcroom {

std::string WithHeaders(std::string_view lines, std::string_view body) {
  return WithOnlyHeaders(
      fmt::format("Host: localhost\r\nContent-Length: {}\r\n{}", body.size(), lines), body);
}

std::string WithOnlyHeaders(std::string_view lines, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\n{}\r\n{}", kGoodTarget, lines, body);
}

std::string GoodRequest() { return WithHeaders({}); }

std::vector<HostileRequest> HostileRequests() {
  std::vector<HostileRequest> table;
  AddHostileLines(table);
  AddHostileHeaders(table);
  AddHostileBodies(table);
  AddHostileTargets(table);
  AddHostilePipelines(table);
  return table;
}

}  // namespace rtcroom
