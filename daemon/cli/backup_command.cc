#include <cerrno>
#include <chrono>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/admin/admin_key.h"
#include "daemon/admin/backup_endpoint.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_error.h"
#include "daemon/base/system_random.h"
#include "daemon/cli/admin_target.h"
#include "daemon/cli/section_config.h"
#include "daemon/cli/store_commands.h"
#include "daemon/process/data_directory.h"
#include "daemon/process/scoped_file_owner.h"
#include "daemon/process/store_backup.h"
#include "daemon/process/store_factory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

// A large store is copied and checked within minutes; the user can interrupt a longer wait.
constexpr std::chrono::hours kBackupTimeout{6};

/// Opens a copy in the data directory and unlinks it: no other process can open it from then on,
/// and it is deleted however this command ends.
Result<FileDescriptor> TakeAway(const fs::path& copy) {
  FileDescriptor opened = OpenToRead(copy.c_str());
  struct stat found{};
  if (!opened.valid() || ::fstat(opened.get(), &found) != 0) {
    return SystemError("cannot read " + copy.string(), errno);
  }
  if (!S_ISREG(found.st_mode)) {
    return Error{Errc::kUnavailable, fmt::format("{} is no file", copy.string())};
  }
  ::unlink(copy.c_str());
  return opened;
}

/// Makes the copy in this process, when no server runs.
/// @errors kStoreBusy when a server runs.
Result<FileDescriptor> MakeHere(const fs::path& data_dir, const fs::path& store,
                                RandomSource& random) {
  const Result<std::unique_ptr<ScopedFileOwner>> owner = ScopedFileOwner::ForPath(data_dir);
  if (!owner) return owner.error();
  std::error_code problem;
  if (!fs::exists(store, problem)) {
    return Error{Errc::kUnavailable, fmt::format("there is no store at {}", store.string())};
  }
  if (!fs::is_regular_file(store, problem)) {
    return Error{Errc::kUnavailable, fmt::format("{} is no file", store.string())};
  }
  const Result<std::unique_ptr<DataDirectory>> lock = DataDirectory::Open(data_dir);
  if (!lock) return lock.error();
  const Result<std::string> name = StoreBackup(data_dir, store, random).Make();
  if (!name) return name.error();
  // The lock is held: a server that starts removes leftover copies.
  return TakeAway(data_dir / *name);
}

/// Runs `take` as the owner of the data directory: root must not read files that the owner may have
/// put there.
template <typename Take>
auto RunAsOwner(const fs::path& data_dir, Take take) -> decltype(take()) {
  const Result<std::unique_ptr<ScopedFileOwner>> owner = ScopedFileOwner::ForPath(data_dir);
  if (!owner) return owner.error();
  return take();
}

/// Requests the copy from the running server.
Result<FileDescriptor> AskServer(const BackupOptions& options, const std::string& listen,
                                 const fs::path& data_dir, OutgoingHttp& http) {
  const std::optional<std::string> base_url = options.url ? options.url : AdminBaseUrl(listen);
  if (!base_url) {
    return Error{Errc::kBadRequest,
                 "admin.listen: its port is not known before the start: use --url"};
  }
  const Result<Secret> key = RunAsOwner(data_dir, [&] { return ReadAdminKey(data_dir); });
  if (!key) return key.error();
  const Result<OutgoingReply> reply = http.PostAs(*key, *base_url, "/backup", kBackupTimeout);
  if (!reply) {
    return Error{reply.error().code, fmt::format("the running server does not answer at {}: {}",
                                                 *base_url, reply.error().detail)};
  }
  const Result<std::string> name = CopyNamedIn(reply->status, reply->body);
  if (!name) return Error{name.error().code, "the running server: " + name.error().detail};
  if (!IsBackupName(*name)) return Error{Errc::kUnavailable, "the running server: a strange name"};
  return RunAsOwner(data_dir, [&] { return TakeAway(data_dir / *name); });
}

Status Backup(const BackupOptions& options, const Config& config, const std::string& listen,
              OutgoingHttp& http) {
  std::error_code problem;
  if (options.existing == ExistingFile::kRefused && fs::exists(options.file, problem)) {
    return Error{Errc::kBadRequest, fmt::format("{} exists: --force replaces it", options.file)};
  }
  const fs::path data_dir = config.store.data_dir;
  if (config.store.url.IsPostgres()) {
    return Error{
        Errc::kBadRequest,
        "store.url: a PostgreSQL database is copied by its own tools: pg_basebackup, and an"
        " archive of its WAL"};
  }
  const Result<fs::path> store = StoreFileOf(config.store.url, data_dir);
  if (!store) return store.error();
  if (store->empty()) {
    return Error{Errc::kBadRequest, "store.url: in memory there is nothing to back up"};
  }
  if (fs::equivalent(options.file, *store, problem)) {
    return Error{Errc::kBadRequest, fmt::format("{} is the store itself", options.file)};
  }
  SystemRandom random;
  Result<FileDescriptor> copy = MakeHere(data_dir, *store, random);
  if (!copy && copy.error().code == Errc::kStoreBusy) {
    copy = AskServer(options, listen, data_dir, http);
  }
  if (!copy) return copy.error();
  return CopyFileAtomically(copy->get(), options.file, options.existing, random);
}

}  // namespace

int RunBackup(const BackupOptions& options, const CliContext& context) {
  const std::optional<Config> config = LoadSection("store", options.config, context);
  if (!config) return kExitUsage;
  std::string listen;
  if (!options.url) {
    const std::optional<Config> admin = LoadSection("admin", options.config, context);
    if (!admin) return kExitUsage;
    listen = admin->admin.listen;
  } else if (!SplitUrl(*options.url)) {
    context.err << "--url: must be http://HOST or https://HOST\n";
    return kExitUsage;
  }
  umask(S_IRWXG | S_IRWXO);  // stored data is for its owner alone
  if (const Status done = Backup(options, *config, listen, context.http); !done) {
    context.err << done.error().detail << '\n';
    return done.error().code == Errc::kBadRequest ? kExitUsage : kExitFailed;
  }
  context.out << fmt::format("The store is in {}\n", options.file);
  return kExitOk;
}

}  // namespace rtcroom
