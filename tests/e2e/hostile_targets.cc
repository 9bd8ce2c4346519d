// Targets: paths, queries, and the other forms of RFC 9112 3.2.
#include <string>
#include <vector>

#include "tests/e2e/hostile_requests.h"

namespace rtcroom {
namespace {

struct Target {
  std::string name = {};
  std::string target = {};
  std::vector<int> statuses = {404};
};

void Add(const std::string& group, const std::vector<Target>& targets,
         std::vector<HostileRequest>& table) {
  for (const Target& row : targets) {
    const bool may_close = row.statuses.back() == 400;
    table.push_back({group + ": " + row.name,
                     "POST " + row.target +
                         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 19\r\n\r\n" +
                         std::string(kGoodBody),
                     {row.statuses},
                     may_close ? Afterwards::kHangsUp : Afterwards::kServes});
  }
}

}  // namespace

void AddHostileTargets(std::vector<HostileRequest>& table) {
  const std::string good(kGoodTarget);
  // Decoded once, and never used as a path of the file system.
  Add("path",
      {{"out of the tree", "/weapp/../../../etc/passwd"},
       {"out of the tree, encoded", "/weapp/%2e%2e/%2e%2e/%2e%2e/etc/passwd"},
       {"out of the tree, slashes encoded", "/weapp/..%2f..%2f..%2fetc%2fpasswd"},
       {"out of the tree, encoded twice", "/weapp/%252e%252e/etc/passwd"},
       {"out of the tree, overlong", "/weapp/%c0%ae%c0%ae/etc/passwd", {404, 400}},
       {"dots inside", "/weapp/./double_room/get_room_list"},
       {"up and down again", "/weapp/double_room/../double_room/get_room_list"},
       {"backslashes", "\\weapp\\double_room\\get_room_list", {404, 400}},
       {"backslashes, encoded", "/weapp%5cdouble_room%5cget_room_list"},
       {"slashes, encoded", "/weapp%2fdouble_room%2fget_room_list", {200, 404}},
       {"slashes, encoded twice", "/weapp%252fdouble_room%252fget_room_list"},
       {"a letter, encoded", "/weapp/double_room/%67et_room_list", {200}},
       {"a letter, encoded twice", "/weapp/double_room/%2567et_room_list"},
       {"NUL at its end", good + "%00", {404, 400}},
       {"NUL in it", "/weapp/double_room%00/get_room_list", {404, 400}},
       {"nothing but NUL", "/%00", {404, 400}},
       {"a line break, encoded", good + "%0d%0aX-Injected:%20yes", {404, 400}},
       {"a line break of another kind", good + "%e5%98%8a%e5%98%8dX-Injected:%20yes"},
       {"a broken escape", good + "%zz", {404, 400}},
       {"half an escape", good + "%6", {404, 400}},
       {"a lone percent sign", "/%", {404, 400}},
       {"an escape of old browsers", "/weapp/double_room/%u0067et_room_list", {200, 404, 400}},
       {"a parameter", good + ";x=1"},
       {"many slashes", "////weapp////double_room////get_room_list////", {200}},
       {"other letters", "/WeApp/Double_Room/GET_ROOM_LIST", {200}},
       {"letters that look alike", "/weapp/double_room/get_room_li%c5%bft"},
       {"a fragment", good + "#fragment", {200, 404, 400}},
       {"bytes beyond ASCII", "/weapp/\xe6\x88\xbf\xe9\x97\xb4", {404, 400}},
       {"braces and quotes", "/{}\"<>^`|", {404, 400}},
       {"an endpoint of utils that is off", "/weapp/utils/getlogfile?file=../../etc/passwd"},
       {"the operator's", "/metrics"},
       {"the operator's, below the prefix", "/weapp/metrics"}},
      table);
  Add("query",
      {{"empty", good + "?", {200}},
       {"a second question mark", good + "?a=b?c=d", {200}},
       {"nothing but separators", good + "?&&&&=&=;&", {200}},
       {"broken escapes", good + "?a=%&b=%zz&%", {200}},
       {"NUL, encoded", good + "?a=%00", {200}},
       {"a path in it", good + "?a=/../../etc/passwd", {200}},
       {"500 parameters",
        good + "?" +
            [] {
              std::string many;
              for (int i = 0; i < 500; ++i) many += "a&";
              return many;
            }(),
        {200}}},
      table);
  // A client that takes the server for a proxy; the host is ignored here.
  Add("form",
      {{"absolute", "http://localhost" + good, {200}},
       {"absolute, https", "https://localhost" + good, {200}},
       {"absolute, another host and port", "http://elsewhere.invalid:8080" + good, {200}},
       {"absolute, in capitals", "HTTP://LOCALHOST" + good, {200, 404, 400}},
       {"absolute, with a name and password", "http://a:b@localhost" + good, {200, 404, 400}},
       {"absolute, without a path", "http://localhost", {404, 400}},
       {"absolute, without a host", "http://" + good, {404, 400}},
       {"absolute, of another scheme", "ftp://localhost" + good, {404, 400}},
       {"absolute, a file", "file:///etc/passwd", {404, 400}},
       {"authority", "localhost:443", {404, 400}},
       {"asterisk", "*", {404, 400}},
       {"relative", "weapp/double_room/get_room_list", {404, 400}},
       {"only a query", "?a=b", {404, 400}}},
      table);
  table.push_back({"form: CONNECT to another server",
                   "CONNECT elsewhere.invalid:443 HTTP/1.1\r\nHost: elsewhere.invalid\r\n\r\n",
                   {{400, 404, 405}},
                   Afterwards::kHangsUp});
  table.push_back({"form: OPTIONS of all",
                   "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                   {{204, 404, 400}},
                   Afterwards::kHangsUp});
}

}  // namespace rtcroom
