#include "daemon/cli/store_options.h"

namespace rtcroom {

StoreOptions::StoreOptions(CLI::App& app)
    : backup_(AddCommand(app, "backup", "Copy the store to a file; the server may run")),
      restore_(AddCommand(app, "restore", "Put a backup in the place of the store")),
      check_(AddCommand(app, "check-store", "Check a store and print its problems")) {
  backup_->add_option("FILE", file_, "Where the copy goes")->required();
  backup_->add_flag("--force", force_, "Replace FILE when it exists");
  backup_->add_option("--url", url_, "The running server's admin listener (default: admin.listen)");
  restore_->add_option("FILE", file_, "The backup")->required();
  restore_->add_flag("--force", force_, "Move the existing store aside");
  check_->add_option("FILE", checked_file_, "The store or backup (default: the configured store)");
}

CLI::App* StoreOptions::AddCommand(CLI::App& app, const char* name, const char* description) {
  CLI::App* const command = app.add_subcommand(name, description);
  command->add_option("--config", config_, "Configuration file (TOML)");
  return command;
}

bool StoreOptions::parsed() const {
  return backup_->parsed() || restore_->parsed() || check_->parsed();
}

int StoreOptions::Run(const CliContext& context) const {
  if (backup_->parsed()) {
    return RunBackup({.config = config_, .file = file_, .existing = existing(), .url = url_},
                     context);
  }
  if (restore_->parsed()) {
    return RunRestore({.config = config_, .file = file_, .existing = existing()}, context);
  }
  return RunCheckStore({.config = config_, .file = checked_file_}, context);
}

}  // namespace rtcroom
