// Command-line options of `rooms`.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/access_options.h"
#include "daemon/cli/cli.h"
#include "daemon/cli/rooms_commands.h"

namespace rtcroom {

/// Adds the option `name`, the kind of a room; `kind` outlives `command`.
CLI::Option* AddKindOption(CLI::App& command, const char* name, std::string& kind);
/// The kind of that name; nullopt when it is empty.
std::optional<RoomKind> KindNamed(const std::string& name);

class RoomsOptions {
 public:
  /// Adds the command to `app`, which outlives this object.
  explicit RoomsOptions(CLI::App& app);
  RoomsOptions(const RoomsOptions&) = delete;
  RoomsOptions& operator=(const RoomsOptions&) = delete;

  [[nodiscard]] bool parsed() const { return rooms_->parsed(); }

  /// Runs the command that was parsed.
  [[nodiscard]] int Run(const CliContext& context) const;

 private:
  CLI::App* AddCommand(const char* name, const char* description);

  [[nodiscard]] std::optional<RoomKind> kind() const { return KindNamed(kind_); }
  [[nodiscard]] RoomKey room() const;
  [[nodiscard]] RoomsFormat format() const {
    return json_ ? RoomsFormat::kJson : RoomsFormat::kText;
  }

  RoomsAccess access_;
  std::string kind_;
  std::string room_id_;
  std::string user_id_;
  std::optional<std::string> ban_;
  bool json_ = false;
  CLI::App* const rooms_;
  CLI::App* const list_;
  CLI::App* const show_;
  CLI::App* const dismiss_;
  CLI::App* const kick_;
};

}  // namespace rtcroom
