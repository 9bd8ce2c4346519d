// Command-line options of `recordings`.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/cli.h"
#include "daemon/cli/rooms_commands.h"

namespace rtcroom {

class RecordingsOptions {
 public:
  /// Adds the command to `app`, which outlives this object.
  explicit RecordingsOptions(CLI::App& app);
  RecordingsOptions(const RecordingsOptions&) = delete;
  RecordingsOptions& operator=(const RecordingsOptions&) = delete;

  [[nodiscard]] bool parsed() const { return recordings_->parsed(); }

  /// Runs the command that was parsed.
  [[nodiscard]] int Run(const CliContext& context) const;

 private:
  RoomsAccess access_;
  std::string kind_;
  std::string room_id_;
  std::string user_id_;
  bool json_ = false;
  CLI::App* const recordings_;
};

}  // namespace rtcroom
