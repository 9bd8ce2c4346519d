#include "tests/layering/include_rules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace rtcroom::layering {
namespace {

// Names in these tables are paths from the repository root or headers of a library; one that
// ends in a slash stands for all below it.
using Names = std::vector<std::string_view>;

enum class Outside { kNever, kMayReach };  // files, sockets, signals, processes

struct Layer {
  std::string_view folder;
  Outside outside = Outside::kNever;
  Names may_include;  // besides the rest of the standard library
};

// The architecture. A file belongs to the first row whose folder holds it.
const std::vector<Layer>& Layers() {
  static const std::vector<Layer> layers = {
      {"daemon/base/", Outside::kNever, {"daemon/base/", "fmt/", "spdlog/", "cstdio"}},
      {"daemon/core/", Outside::kNever, {"daemon/core/", "daemon/base/", "fmt/", "ext/pb_ds/"}},
      {"storage/memory/",
       Outside::kNever,
       {"storage/memory/", "daemon/core/", "daemon/base/", "fmt/"}},
      {"storage/sqlite/",
       Outside::kMayReach,
       {"storage/sqlite/", "daemon/core/", "daemon/base/", "fmt/", "sqlite3.h"}},
      {"handlers/",
       Outside::kNever,
       {"handlers/", "daemon/core/", "daemon/base/", "fmt/", "nlohmann/"}},
      {"daemon/edge/",
       Outside::kMayReach,
       {"daemon/edge/", "handlers/", "daemon/core/", "daemon/base/", "fmt/", "httplib.h",
        "openssl/", "boost/"}},
      {"daemon/files/",
       Outside::kMayReach,
       {"daemon/files/", "daemon/edge/file_descriptor.h", "daemon/core/", "daemon/base/", "fmt/"}},
      {"daemon/outgoing/",
       Outside::kMayReach,
       {"daemon/outgoing/", "daemon/core/", "daemon/base/", "fmt/", "httplib.h", "openssl/"}},
      {"daemon/store_files/",
       Outside::kMayReach,
       {"daemon/store_files/", "daemon/files/", "storage/", "daemon/core/", "daemon/base/",
        "fmt/"}},
      {"daemon/process/",
       Outside::kMayReach,
       {"daemon/process/", "daemon/service_manager/", "daemon/config/", "daemon/edge/",
        "daemon/core/", "daemon/base/", "fmt/"}},
      {"daemon/grpc_server/",
       Outside::kMayReach,
       {"daemon/", "fmt/", "openssl/", "boost/", "google/protobuf/", "grpc/", "grpcpp/",
        "rtcroom/v1/"}},
      {"daemon/",
       Outside::kMayReach,
       {"daemon/", "handlers/", "storage/", "fmt/", "nlohmann/", "httplib.h", "openssl/", "zlib.h",
        "CLI/", "toml++/", "prometheus/", "sqlite3.h", "boost/", "grpc/", "grpcpp/",
        "google/protobuf/", "rtcroom/v1/"}},
      {"tests/",
       Outside::kMayReach,
       {"tests/",    "daemon/",          "handlers/",   "storage/",    "fmt/",
        "nlohmann/", "httplib.h",        "openssl/",    "boost/",      "zlib.h",
        "CLI/",      "toml++/",          "sqlite3.h",   "prometheus/", "grpc/",
        "grpcpp/",   "google/protobuf/", "rtcroom/v1/", "gtest/",      "gmock/",
        "benchmark/"}},
  };
  return layers;
}

struct Confinement {
  std::string_view header;
  Names only_in;
  std::string_view why;
};

// Who speaks gRPC.
Names RemoteCallers() {
  return {"daemon/notifier/",
          "daemon/grpc_server/",
          "daemon/cli/rooms_client.cc",
          "daemon/cli/rooms_client.h",
          "daemon/cli/rooms_output.cc",
          "daemon/cli/rooms_output.h",
          "daemon/cli/version_command.cc",
          "tests/"};
}

const std::vector<Confinement>& Confinements() {
  static const std::vector<Confinement> confinements = {
      {"httplib.h",
       {"daemon/edge/http_exchange.cc", "daemon/outgoing/outgoing_client.cc",
        "tests/support/api_client.cc", "tests/bench/plain_httplib.cc"},
       "its flags decide the layout of its types, so few files may see them"},
      {"spdlog/", {"daemon/base/logger.cc"}, "everybody else logs through Logger"},
      {"sqlite3.h",
       {"storage/sqlite/", "tests/", "daemon/cli/version_command.cc"},
       "SQL stays behind the Store; the version command only asks for its version"},
      {"nlohmann/",
       {"handlers/", "daemon/signing/", "daemon/wechat/", "daemon/im/", "daemon/admin/",
        "daemon/console/", "daemon/cli/rooms_output.cc", "tests/"},
       "JSON is the business of those who speak a protocol"},
      {"toml++/", {"daemon/config/", "tests/"}, "the rest reads Config"},
      {"CLI/", {"daemon/cli/", "tests/load/"}, "the rest is given values"},
      {"prometheus/", {"daemon/metrics/", "tests/"}, "the rest counts through Metrics"},
      {"boost/", {"daemon/edge/", "daemon/grpc_server/", "tests/"}, "sockets are the edge's"},
      {"grpc/", RemoteCallers(), "the rest is called, or calls a function"},
      {"grpcpp/", RemoteCallers(), "the rest is called, or calls a function"},
      {"google/protobuf/", RemoteCallers(), "the rest knows our own types"},
      {"rtcroom/v1/", RemoteCallers(), "the rest knows our own types"},
  };
  return confinements;
}

constexpr auto kReachesOutside = std::to_array<std::string_view>({
    "arpa/",    "cstdio",  "dirent.h", "dlfcn.h",  "fcntl.h", "filesystem", "fstream", "grp.h",
    "iostream", "net/",    "netdb.h",  "netinet/", "poll.h",  "pthread.h",  "pwd.h",   "sched.h",
    "signal.h", "spawn.h", "stdio.h",  "stdlib.h", "sys/",    "syncstream", "time.h",  "unistd.h",
});

constexpr auto kImpure = std::to_array<std::string_view>({
    "system_clock::now",
    "steady_clock::now",
    "random_device",
    "getenv",
});

bool Matches(std::string_view name, std::string_view header) {
  return name.ends_with('/') ? header.starts_with(name) : header == name;
}

bool ContainsMatch(const auto& names, std::string_view header) {
  return std::ranges::any_of(names, [&](std::string_view name) { return Matches(name, header); });
}

// The standard library's headers are plain words: no folder, no ending.
bool IsStandard(std::string_view header) {
  return !header.empty() && header.find_first_of("/.") == std::string_view::npos;
}

bool MayInclude(const Layer& layer, const Include& include) {
  // ".." would make any file look like one of a folder that is allowed.
  if (include.header.find("..") != std::string_view::npos) return false;
  const bool ours =
      ContainsMatch(Names{"daemon/", "handlers/", "storage/", "tests/"}, include.header);
  if (ours != include.in_quotes) return false;
  if (ContainsMatch(layer.may_include, include.header)) return true;
  if (ContainsMatch(kReachesOutside, include.header)) return layer.outside == Outside::kMayReach;
  return IsStandard(include.header);
}

std::string_view SkipBlanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string Written(const Include& include) {
  return fmt::format(fmt::runtime(include.in_quotes ? "\"{}\"" : "<{}>"), include.header);
}

}  // namespace

std::vector<Include> IncludesOf(std::string_view text) {
  std::vector<Include> includes;
  for (const auto& line : Lines(text)) {
    auto rest = SkipBlanks(line.text);
    if (!rest.starts_with('#')) continue;
    rest = SkipBlanks(rest.substr(1));
    if (!rest.starts_with("include")) continue;
    rest = SkipBlanks(rest.substr(std::string_view("include").size()));

    Include include{.line = line.number, .header = "", .in_quotes = rest.starts_with('"')};
    if (include.in_quotes || rest.starts_with('<')) {
      rest.remove_prefix(1);
      include.header = rest.substr(0, rest.find(include.in_quotes ? '"' : '>'));
    }
    includes.push_back(include);
  }
  return includes;
}

std::vector<std::string> LayerViolations(const SourceFile& file) {
  const auto layer = std::ranges::find_if(
      Layers(), [&](const Layer& row) { return file.path.starts_with(row.folder); });
  if (layer == Layers().end()) {
    return {fmt::format("{}:1: its folder is not in the table of layers", file.path)};
  }
  std::vector<std::string> violations;
  for (const auto& include : IncludesOf(file.text)) {
    if (MayInclude(*layer, include)) continue;
    violations.push_back(fmt::format("{}:{}: {} may not include {}", file.path, include.line,
                                     layer->folder, Written(include)));
  }
  return violations;
}

std::vector<std::string> ConfinementViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  for (const auto& include : IncludesOf(file.text)) {
    for (const auto& confinement : Confinements()) {
      if (!Matches(confinement.header, include.header)) continue;
      if (ContainsMatch(confinement.only_in, file.path)) continue;
      violations.push_back(fmt::format("{}:{}: {} belongs in {} only: {}", file.path, include.line,
                                       Written(include), fmt::join(confinement.only_in, ", "),
                                       confinement.why));
    }
  }
  return violations;
}

std::vector<std::string> PurityViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  if (!file.path.starts_with("daemon/core/")) return violations;
  for (const auto& line : Lines(file.text)) {
    for (const auto impure : kImpure) {
      if (line.text.find(impure) == std::string_view::npos) continue;
      violations.push_back(fmt::format("{}:{}: the core is given what {} finds out", file.path,
                                       line.number, impure));
    }
  }
  return violations;
}

}  // namespace rtcroom::layering
