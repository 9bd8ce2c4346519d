// Command-line options of `users`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/cli.h"
#include "daemon/cli/rooms_commands.h"

namespace rtcroom {

class UsersOptions {
 public:
  /// Adds the command to `app`, which outlives this object.
  explicit UsersOptions(CLI::App& app);
  UsersOptions(const UsersOptions&) = delete;
  UsersOptions& operator=(const UsersOptions&) = delete;

  [[nodiscard]] bool parsed() const { return users_->parsed(); }

  /// Runs the command that was parsed.
  [[nodiscard]] int Run(const CliContext& context) const;

 private:
  UsersLogoutOptions logout_;
  CLI::App* const users_;
};

}  // namespace rtcroom
