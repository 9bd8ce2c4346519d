#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_error.h"
#include "daemon/base/system_random.h"
#include "daemon/cli/section_config.h"
#include "daemon/cli/store_commands.h"
#include "daemon/cli/store_output.h"
#include "daemon/process/data_directory.h"
#include "daemon/process/scoped_file_owner.h"
#include "daemon/process/store_factory.h"
#include "daemon/process/store_restore.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

/// Opened before this process switches to a user that may not be able to read it.
Result<FileDescriptor> OpenBackup(const std::string& file) {
  FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat found{};
  if (!opened.valid() || ::fstat(opened.get(), &found) != 0) {
    return SystemError("cannot read " + file, errno);
  }
  if (!S_ISREG(found.st_mode)) return Error{Errc::kUnavailable, file + " is no file"};
  struct stat log{};
  if (::stat((file + "-wal").c_str(), &log) == 0 && log.st_size > 0) {
    return Error{Errc::kUnavailable,
                 fmt::format("{} has a log beside it, so it is not all of a store: only what"
                             " `rtcroomd backup` writes is",
                             file)};
  }
  return opened;
}

Result<RestoreOutcome> Restore(const RestoreCommand& command, const Config& config,
                               const Clock& clock) {
  const fs::path data_dir = config.store.data_dir;
  if (config.store.url.IsPostgres()) {
    return Error{
        Errc::kBadRequest,
        "store.url: a PostgreSQL database is restored by its own tools, from a base backup and"
        " its WAL; then `rtcroomd new-epoch` begins a new history"};
  }
  const Result<fs::path> store = StoreFileOf(config.store.url, data_dir);
  if (!store) return store.error();
  if (store->empty()) {
    return Error{Errc::kBadRequest, "store.url: in memory nothing can be restored"};
  }
  const Result<FileDescriptor> backup = OpenBackup(command.file);
  if (!backup) return backup.error();
  const Result<std::unique_ptr<ScopedFileOwner>> owner = ScopedFileOwner::ForPath(data_dir);
  if (!owner) return owner.error();
  const Result<std::unique_ptr<DataDirectory>> lock = DataDirectory::Open(data_dir);
  if (!lock && lock.error().code == Errc::kStoreBusy) {
    return Error{Errc::kUnavailable, lock.error().detail + ": stop the server first"};
  }
  if (!lock) return lock.error();
  SystemRandom random;
  return RestoreStore(
      {.from = backup->get(), .store = *store, .existing = command.existing, .now = clock.Now()},
      random);
}

}  // namespace

int RunRestore(const RestoreCommand& command, const CliContext& context) {
  const std::optional<Config> config = LoadSection("store", command.config, context);
  if (!config) return kExitUsage;
  umask(S_IRWXG | S_IRWXO);  // stored data is for its owner alone
  const Result<RestoreOutcome> outcome = Restore(command, *config, context.clock);
  if (!outcome) {
    context.err << outcome.error().detail << '\n';
    return outcome.error().code == Errc::kBadRequest ? kExitUsage : kExitFailed;
  }
  const StoreFindings& findings = outcome->report.findings;
  if (!findings.empty()) {
    PrintFindings(context.err, findings);
    context.err << fmt::format("{}: {} findings; nothing was changed\n", command.file,
                               findings.count());
    return kExitFailed;
  }
  PrintStoreSize(context.out, outcome->report);
  if (!outcome->kept.empty()) {
    context.out << fmt::format("The store that was there is in {}\n", outcome->kept);
  }
  context.out << "The backup is in its place, with a new epoch.\n";
  return kExitOk;
}

}  // namespace rtcroom
