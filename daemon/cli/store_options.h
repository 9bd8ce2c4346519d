// Command-line options of the commands on stores.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "daemon/cli/cli.h"
#include "daemon/cli/database.h"
#include "daemon/cli/store_commands.h"

namespace rtcroom {

class StoreOptions {
 public:
  /// Adds the commands to `app`, which outlives this object.
  explicit StoreOptions(CLI::App& app);
  StoreOptions(const StoreOptions&) = delete;
  StoreOptions& operator=(const StoreOptions&) = delete;

  [[nodiscard]] bool parsed() const;

  /// Runs the command that was parsed.
  [[nodiscard]] int Run(const CliContext& context) const;

 private:
  CLI::App* AddCommand(CLI::App& app, const char* name, const char* description);
  CLI::Option* AddDatabaseOption(CLI::App& command, const char* name);
  [[nodiscard]] DatabaseChoice database() const { return {.config = config_, .url = database_}; }
  [[nodiscard]] ExistingFile existing() const {
    return force_ ? ExistingFile::kReplaced : ExistingFile::kRefused;
  }

  ConfigPath config_;
  std::string file_;
  std::optional<std::string> checked_file_;
  std::optional<std::string> url_;
  std::optional<std::string> database_;
  std::string from_;
  bool force_ = false;
  bool json_ = false;
  CLI::App* const backup_;
  CLI::App* const restore_;
  CLI::App* const check_;
  CLI::App* const migrate_;
  CLI::App* const copy_;
  CLI::App* const new_epoch_;
  CLI::App* const nodes_;
};

}  // namespace rtcroom
