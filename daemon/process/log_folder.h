// The log files below one folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handlers/rooms/log_files.h"

namespace rtcroom {

/// Reads the folder at each call: files come and go.
///
/// Each part of a name is opened relative to its parent, never through a symbolic link: the checked
/// file is the one that is read, even if others modify the folder meanwhile. The folder itself may
/// be a link, since the operator chose it.
///
/// @threads immutable: safe from any thread.
/// @source protocol F.8.
class LogFolder : public LogFiles {
 public:
  static constexpr std::size_t kMaxTailBytes = std::size_t{1} << 20;
  static constexpr std::size_t kMaxNameBytes = 1024;
  /// Maximum number of parts of a name.
  static constexpr std::size_t kMaxDepth = 8;
  /// Maximum files in a list, and maximum folder entries examined for it.
  static constexpr std::size_t kMaxFiles = 1000;
  static constexpr std::size_t kMaxEntries = 20'000;

  /// @param path  empty: there are no log files.
  explicit LogFolder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] Result<std::vector<LogFile>> List() const override;
  [[nodiscard]] Result<std::string> ReadTail(std::string_view name) const override;

 private:
  const std::filesystem::path path_;
};

}  // namespace rtcroom
