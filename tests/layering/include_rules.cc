#include "tests/layering/include_rules.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace rtcroom::layering {
namespace {

// Names in these tables are paths from the repository root or headers of a library; a name that
// ends in a slash stands for everything below it.
using Names = std::vector<std::string_view>;

enum class Outside { kNever, kMayReach };  // files, sockets, signals, processes

struct Layer {
  std::string_view folder;
  Outside outside = Outside::kNever;
  Names folders;    // besides itself and daemon/base/; each has a row above
  Names libraries;  // besides fmt and the rest of the standard library
};

// The architecture, lowest layer first. A file belongs to the first row whose folder contains it.
const std::vector<Layer>& Layers() {
  static const std::vector<Layer> layers = {
      {"daemon/base/", Outside::kMayReach, {}, {"spdlog/", "openssl/"}},
      {"daemon/http_client/", Outside::kMayReach, {}, {"httplib.h", "openssl/"}},
      {"daemon/core/", Outside::kNever, {}, {"ext/pb_ds/"}},
      {"daemon/auth/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/http_client/"},
       {"nlohmann/", "openssl/", "zlib.h"}},
      {"daemon/media/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/auth/", "daemon/http_client/"},
       {"nlohmann/", "pugixml.hpp"}},
      {"daemon/channel/", Outside::kNever, {"daemon/core/"}, {}},
      {"storage/storage.h", Outside::kNever, {"daemon/core/"}, {}},
      {"storage/shared/", Outside::kNever, {"daemon/core/"}, {}},
      {"storage/sqlite/",
       Outside::kMayReach,
       {"storage/storage.h", "storage/shared/", "daemon/core/"},
       {"sqlite3.h"}},
      {"storage/postgres/",
       Outside::kMayReach,
       {"storage/storage.h", "storage/shared/", "daemon/core/"},
       {"libpq-fe.h"}},
      {"daemon/config/", Outside::kMayReach, {"daemon/core/"}, {"toml++/"}},
      {"daemon/http/", Outside::kMayReach, {}, {"openssl/", "boost/", "wslay/"}},
      {"handlers/shared/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/http/http_handler.h", "daemon/http/message.h",
        "daemon/http/responder.h"},
       {"nlohmann/"}},
      {"handlers/callbacks/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/media/", "handlers/shared/",
        "daemon/http/message.h"},
       {"nlohmann/"}},
      {"handlers/web/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "handlers/shared/"},
       {"nlohmann/"}},
      {"handlers/channel/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/channel/", "handlers/shared/",
        "daemon/http/message.h", "daemon/http/responder.h", "daemon/http/two_way_stream.h",
        "daemon/http/web_socket.h", "daemon/http/web_socket_handshake.h"},
       {"nlohmann/"}},
      {"handlers/webim/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/channel/", "handlers/shared/", "handlers/channel/",
        "daemon/http/http_handler.h"},
       {"nlohmann/"}},
      {"handlers/tim/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/channel/", "handlers/shared/", "handlers/channel/",
        "daemon/http/http_handler.h"},
       {"nlohmann/"}},
      {"handlers/rooms/",
       Outside::kNever,
       {"daemon/core/", "daemon/auth/", "daemon/media/", "handlers/shared/", "handlers/web/",
        "daemon/http/http_handler.h", "daemon/http/message.h"},
       {"nlohmann/"}},
      {"handlers/",
       Outside::kNever,
       {"handlers/channel/", "handlers/webim/", "handlers/rooms/", "daemon/http/embedded_file.h",
        "daemon/http/http_handler.h"},
       {}},
      {"daemon/im/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/auth/", "daemon/http_client/"},
       {"nlohmann/"}},
      {"daemon/admin/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/auth/", "daemon/channel/", "daemon/media/", "daemon/http/",
        "daemon/im/", "handlers/"},
       {"nlohmann/", "prometheus/"}},
      {"daemon/grpc/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/http/"},
       {"openssl/", "google/protobuf/", "grpc/", "grpcpp/", "rtcroom/v1/"}},
      {"daemon/mix/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/grpc/server_call.h"},
       {"grpcpp/", "rtcroom/v1/"}},
      {"daemon/web/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/grpc/server_call.h"},
       {"grpcpp/", "rtcroom/v1/", "gst/", "glib.h", "ifaddrs.h"}},
      {"daemon/process/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/auth/", "daemon/channel/", "daemon/media/", "daemon/http_client/",
        "daemon/config/", "daemon/http/", "daemon/im/", "daemon/admin/", "daemon/grpc/",
        "handlers/", "storage/postgres/", "storage/sqlite/", "storage/storage.h"},
       {}},
      {"daemon/cli/",
       Outside::kMayReach,
       {"daemon/core/", "daemon/auth/", "daemon/http_client/", "daemon/config/", "daemon/http/",
        "daemon/admin/", "daemon/grpc/", "daemon/mix/", "daemon/web/", "daemon/process/",
        "storage/postgres/", "storage/shared/", "storage/sqlite/"},
       {"CLI/", "sqlite3.h", "zlib.h", "openssl/", "google/protobuf/", "grpc/", "grpcpp/",
        "rtcroom/v1/"}},
      {"tests/",
       Outside::kMayReach,
       {"daemon/", "handlers/", "storage/"},
       {"nlohmann/", "httplib.h", "openssl/", "boost/", "zlib.h", "CLI/", "toml++/", "sqlite3.h",
        "prometheus/", "grpc/", "grpcpp/", "google/protobuf/", "rtcroom/v1/", "gtest/", "gmock/",
        "benchmark/"}},
  };
  return layers;
}

struct Confinement {
  std::string_view header;
  Names only_in;
  std::string_view why;
};

// Files that use gRPC.
Names RemoteCallers() {
  return {"daemon/grpc/",
          "daemon/mix/",
          "daemon/web/",
          "daemon/cli/rooms_channel.cc",
          "daemon/cli/rooms_channel.h",
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
       {"daemon/http_client/outgoing_client.cc", "tests/support/api_client.cc",
        "tests/bench/plain_httplib.cc"},
       "its flags decide the layout of its types, so few files may see them"},
      {"spdlog/", {"daemon/base/logger.cc"}, "all other files log through Logger"},
      {"sqlite3.h",
       {"storage/sqlite/", "tests/", "daemon/cli/version_command.cc"},
       "SQL stays behind the Store; the version command only asks for its version"},
      {"libpq-fe.h", {"storage/postgres/libpq.h"}, "it is loaded there, and not linked"},
      {"nlohmann/",
       {"handlers/", "daemon/auth/", "daemon/media/", "daemon/im/", "daemon/admin/",
        "daemon/cli/rooms_output.cc", "tests/"},
       "JSON is the business of those who speak a protocol"},
      {"daemon/base/json_text.h",
       {"handlers/", "daemon/base/", "daemon/media/", "daemon/admin/",
        "daemon/cli/database_commands.cc", "tests/"},
       "JSON is the business of those who speak a protocol"},
      {"toml++/", {"daemon/config/", "tests/"}, "the rest reads Config"},
      {"CLI/", {"daemon/cli/", "tests/load/"}, "the rest is given values"},
      {"prometheus/", {"daemon/admin/", "tests/"}, "the rest counts through Metrics"},
      {"boost/", {"daemon/http/", "tests/"}, "only listeners handle sockets"},
      {"wslay/", {"daemon/http/web_socket.cc"}, "the rest uses WebSocket"},
      {"pugixml.hpp", {"daemon/media/nginx_rtmp_api.cc"}, "only nginx writes XML"},
      {"gst/", {"daemon/web/"}, "only rtcroomd-web loads the media library"},
      {"glib.h", {"daemon/web/"}, "only rtcroomd-web loads the media library"},
      {"grpc/", RemoteCallers(), "the rest is called, or calls a function"},
      {"grpcpp/", RemoteCallers(), "the rest is called, or calls a function"},
      {"google/protobuf/", RemoteCallers(), "the rest knows our own types"},
      {"rtcroom/v1/", RemoteCallers(), "the rest knows our own types"},
  };
  return confinements;
}

constexpr auto kReachesOutside = std::to_array<std::string_view>({
    "arpa/",
    "cstdio",
    "dirent.h",
    "dlfcn.h",
    "fcntl.h",
    "filesystem",
    "fstream",
    "grp.h",
    "iostream",
    "linux/",
    "malloc.h",
    "net/",
    "netdb.h",
    "netinet/",
    "poll.h",
    "pthread.h",
    "pwd.h",
    "sched.h",
    "signal.h",
    "spawn.h",
    "stdio.h",
    "stdlib.h",
    "sys/",
    "syncstream",
    "time.h",
    "unistd.h",
    "daemon/base/atomic_file.h",
    "daemon/base/file_descriptor.h",
    "daemon/base/system_clock.h",
    "daemon/base/system_random.h",
    "daemon/base/text_file.h",
    "daemon/base/thread_signals.h",
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

// Headers of the standard library are plain words: no folder, no extension.
bool IsStandard(std::string_view header) {
  return !header.empty() && header.find_first_of("/.") == std::string_view::npos;
}

bool MayInclude(const Layer& layer, const Include& include) {
  // ".." would make any file appear to be in an allowed folder.
  if (include.header.find("..") != std::string_view::npos) return false;
  const bool ours =
      ContainsMatch(Names{"daemon/", "handlers/", "storage/", "tests/"}, include.header);
  if (ours != include.in_quotes) return false;
  const bool outside = ContainsMatch(kReachesOutside, include.header);
  if (outside && layer.outside == Outside::kNever) return false;
  if (Matches(layer.folder, include.header) || Matches("daemon/base/", include.header)) return true;
  if (Matches("fmt/", include.header)) return true;
  if (ContainsMatch(layer.folders, include.header)) return true;
  if (ContainsMatch(layer.libraries, include.header)) return true;
  return IsStandard(include.header) || outside;
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

std::vector<std::string> UpwardRows() {
  std::vector<std::string> upward;
  Names below;
  for (const auto& layer : Layers()) {
    if (layer.folder == "tests/") continue;  // may include everything
    for (const auto folder : layer.folders) {
      if (ContainsMatch(below, folder)) continue;
      upward.push_back(
          fmt::format("{} stands on {}, which has no row above", layer.folder, folder));
    }
    below.push_back(layer.folder);
  }
  return upward;
}

std::vector<std::string> ProductFolders() {
  std::vector<std::string> folders;
  for (const auto& layer : Layers()) {
    if (layer.folder.ends_with('/') && layer.folder != "tests/") {
      folders.emplace_back(layer.folder.substr(0, layer.folder.size() - 1));
    }
  }
  return folders;
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
  if (!file.path.starts_with("daemon/core/") && !file.path.starts_with("daemon/auth/"))
    return violations;
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
