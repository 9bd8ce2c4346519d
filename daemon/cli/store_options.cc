#include "daemon/cli/store_options.h"

#include <algorithm>

#include "daemon/cli/database_commands.h"

namespace rtcroom {

StoreOptions::StoreOptions(CLI::App& app)
    : backup_(AddCommand(app, "backup", "Copy the store to a file; the server may run")),
      restore_(AddCommand(app, "restore", "Put a backup in the place of the store")),
      check_(AddCommand(app, "check-store", "Check a store and print its problems")),
      migrate_(AddCommand(app, "migrate-store", "Bring the tables in PostgreSQL up to date")),
      copy_(AddCommand(app, "copy-store", "Copy a store in SQLite to PostgreSQL")),
      new_epoch_(AddCommand(app, "new-epoch", "Begin a new history in a restored database")),
      nodes_(AddCommand(app, "nodes", "Show the servers that share a database")) {
  backup_->add_option("FILE", file_, "Where the copy goes")->required();
  backup_->add_flag("--force", force_, "Replace FILE when it exists");
  backup_->add_option("--url", url_, "The running server's admin listener (default: admin.listen)");
  restore_->add_option("FILE", file_, "The backup")->required();
  restore_->add_flag("--force", force_, "Move the existing store aside");
  CLI::Option* const checked = check_->add_option(
      "FILE", checked_file_, "The store or backup (default: the configured store)");
  AddDatabaseOption(*check_, "--store")->excludes(checked);
  AddDatabaseOption(*migrate_, "--store");
  copy_->add_option("--from", from_, "The store in SQLite: sqlite:PATH below store.data_dir")
      ->required();
  AddDatabaseOption(*copy_, "--to");
  AddDatabaseOption(*new_epoch_, "--store");
  new_epoch_->add_flag("--force", force_, "Although nodes are registered: none of them runs");
  AddDatabaseOption(*nodes_, "--store");
  nodes_->add_flag("--json", json_, "One JSON object a line");
}

CLI::App* StoreOptions::AddCommand(CLI::App& app, const char* name, const char* description) {
  CLI::App* const command = app.add_subcommand(name, description);
  command->add_option("--config", config_, "Configuration file (TOML)");
  return command;
}

CLI::Option* StoreOptions::AddDatabaseOption(CLI::App& command, const char* name) {
  return command.add_option(name, database_,
                            "postgresql://... without a password (default: store.url)");
}

bool StoreOptions::parsed() const {
  const CLI::App* const commands[] = {backup_, restore_,   check_, migrate_,
                                      copy_,   new_epoch_, nodes_};
  return std::ranges::any_of(commands, [](const CLI::App* command) { return command->parsed(); });
}

int StoreOptions::Run(const CliContext& context) const {
  if (backup_->parsed()) {
    return RunBackup({.config = config_, .file = file_, .existing = existing(), .url = url_},
                     context);
  }
  if (restore_->parsed()) {
    return RunRestore({.config = config_, .file = file_, .existing = existing()}, context);
  }
  if (migrate_->parsed()) return RunMigrateStore(database(), context);
  if (copy_->parsed()) {
    return RunCopyStore({.config = config_, .from = from_, .to = database_}, context);
  }
  if (new_epoch_->parsed()) {
    return RunNewEpoch({.database = database(),
                        .nodes = force_ ? RegisteredNodes::kIgnored : RegisteredNodes::kRefused},
                       context);
  }
  if (nodes_->parsed()) return RunNodes({.database = database(), .json = json_}, context);
  return RunCheckStore({.config = config_, .file = checked_file_, .database = database_}, context);
}

}  // namespace rtcroom
