// Several requests in one write, and requests that never end.
#include <string>
#include <vector>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {

void AddHostilePipelines(std::vector<HostileRequest>& table) {
  const std::string good = GoodRequest();
  const std::string closing = WithHeaders("Connection: close\r\n");
  const std::string unknown = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += good;
  table.push_back({"pipeline: a hundred", hundred, std::vector<std::vector<int>>(100, {200}),
                   Afterwards::kServes});
  table.push_back({"pipeline: of several outcomes, in order",
                   good + unknown + good,
                   {{200}, {404}, {200}},
                   Afterwards::kServes});
  table.push_back({"pipeline: garbage after a good one", good + "GARBAGE\r\n\r\n", {{200}, {400}}});
  table.push_back({"pipeline: nothing after garbage", "GARBAGE\r\n\r\n" + good, {{400}}});
  table.push_back({"pipeline: chunked after a good one",
                   good + WithHeaders("Transfer-Encoding: chunked\r\n"),
                   {{200}, {411}}});
  table.push_back({"pipeline: too large after a good one",
                   good + WithOnlyHeaders("Content-Length: 99999999\r\n"),
                   {{200}, {413}}});
  table.push_back({"pipeline: nothing after a close", closing + good, {{200}}});
  table.push_back({"pipeline: nothing after HTTP/1.0",
                   "GET /nowhere HTTP/1.0\r\nHost: x\r\n\r\n" + good,
                   {{404}}});
  table.push_back({"pipeline: two empty lines between",
                   good + "\r\n\r\n" + good,
                   {{200}, {200}},
                   Afterwards::kServes});
  table.push_back(
      {"pipeline: three empty lines between", good + "\r\n\r\n\r\n" + good, {{200}, {400}}});
  table.push_back({"pipeline: a body longer than announced", good + "!!!\r\n\r\n", {{200}, {400}}});
  table.push_back({"pipeline: the next one begins a byte early",
                   WithOnlyHeaders("Host: x\r\nContent-Length: 18\r\n", kGoodBody) + unknown,
                   {{200}, {400, 404}},
                   Afterwards::kHangsUp});

  // Each of these is two requests for one parser and one for another (RFC 9112 11.2).
  table.push_back({"smuggling: length against chunks",
                   WithOnlyHeaders("Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                   "0\r\n\r\n") +
                       smuggled,
                   {{411}}});
  table.push_back(
      {"smuggling: two lengths",
       WithOnlyHeaders("Host: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n") + smuggled,
       {{400}}});
  table.push_back({"smuggling: a length behind a bare CR",
                   WithOnlyHeaders("Host: x\rContent-Length: 40\r\n") + smuggled,
                   {{400}}});
  table.push_back({"smuggling: a length behind a bare LF",
                   WithOnlyHeaders("Host: x\nContent-Length: 40\r\n") + smuggled,
                   {{400}}});
  table.push_back({"smuggling: a length with a blank",
                   WithOnlyHeaders("Host: x\r\nContent-Length : 40\r\n") + smuggled,
                   {{400}}});
  table.push_back({"smuggling: a length with an underscore",
                   WithOnlyHeaders("Host: x\r\nContent_Length: 40\r\n") + smuggled,
                   {{200}, {404}},
                   Afterwards::kServes});
  table.push_back({"smuggling: a length that is folded",
                   WithOnlyHeaders("Host: x\r\nX-A: b\r\n Content-Length: 40\r\n") + smuggled,
                   {{400}}});

  for (const auto& [name, part] : std::vector<std::pair<std::string, std::string>>{
           {"nothing", ""},
           {"one byte", "P"},
           {"a carriage return", "\r"},
           {"half a line", "POST /weapp/doub"},
           {"a line", "POST /weapp HTTP/1.1\r\n"},
           {"half a header", "POST /weapp HTTP/1.1\r\nHost: lo"},
           {"a head", "POST /weapp HTTP/1.1\r\nContent-Length: 50\r\n\r\n"},
           {"half a body", "POST /weapp HTTP/1.1\r\nContent-Length: 50\r\n\r\n{\"cnt\":"}}) {
    table.push_back({"cut off: after " + name, part, {}, Afterwards::kHangsUp});
  }
  table.push_back(
      {"cut off: in the second request", good + "POST /weapp HTT", {{200}}, Afterwards::kHangsUp});
}

}  // namespace rtcroom
