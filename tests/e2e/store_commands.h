// `rtcroomd backup`, `restore` and `check-store`, called as by an operator.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace rtcroom {

inline FinishedCommand RunBinary(std::vector<std::string> arguments) {
  return RunToEnd({.program = ServerBinary(), .arguments = std::move(arguments)},
                  std::chrono::seconds(60));
}

/// Requests it from that server, or makes the backup itself when the server is not running.
inline FinishedCommand Backup(const ServerProcess& server, const std::filesystem::path& file,
                              std::vector<std::string> more = {}) {
  std::vector<std::string> arguments = {
      "backup",   file.string(),
      "--config", server.config_file().string(),
      "--url",    "http://127.0.0.1:" + std::to_string(server.PortOf("admin")),
  };
  arguments.insert(arguments.end(), more.begin(), more.end());
  return RunBinary(std::move(arguments));
}

/// A configuration file for a data directory without a server.
inline std::string ConfigOf(const std::filesystem::path& file,
                            const std::filesystem::path& data_directory) {
  std::ofstream(file) << TomlOf({{"store.data_dir", data_directory.string()}});
  return file.string();
}

inline FinishedCommand CheckStoreFile(const std::filesystem::path& file) {
  return RunBinary({"check-store", file.string()});
}

/// The epoch that check-store prints; empty when it prints none.
inline std::string EpochIn(const std::string& printed) {
  const std::size_t begin = printed.find("epoch ");
  return begin == std::string::npos ? "" : printed.substr(begin + 6, 16);
}

/// The names in a directory.
inline std::vector<std::string> FilesIn(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

}  // namespace rtcroom
