#include "daemon/admin/admin_key.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/admin/admin_access.h"
#include "daemon/base/atomic_file.h"
#include "daemon/base/file_descriptor.h"
#include "daemon/base/system_error.h"
#include "daemon/base/text.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyDigits = 2 * kKeyBytes;

}  // namespace

Secret RenewAdminKey(const fs::path& directory, RandomSource& random, Logger& logger) {
  const fs::path path = directory / kAdminKeyFile;
  Secret fresh(RandomHex(random, kKeyBytes));
  const Status written = WriteFileAtomically(path, fresh.Reveal(), S_IRUSR | S_IWUSR, random);
  if (written) return fresh;
  // Commands read the file that is there: the new key, if only the sync of its directory failed.
  Result<Secret> kept = ReadAdminKey(directory);
  logger.Warn("admin_key_not_written",
              {{"reason", written.error().detail},
               {"instead", kept ? "the one before" : "none: " + kept.error().detail}});
  return kept ? *std::move(kept) : Secret();
}

Result<Secret> ReadAdminKey(const fs::path& directory) {
  const fs::path path = directory / kAdminKeyFile;
  const FileDescriptor file = OpenToRead(path.c_str());
  struct stat found{};
  if (!file.valid() || ::fstat(file.get(), &found) != 0) return SystemError(path.string(), errno);
  const bool is_ours = S_ISREG(found.st_mode) && found.st_uid == ::geteuid() &&
                       (found.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  std::array<char, kKeyDigits + 1> text{};  // one more, to detect a longer file
  const ssize_t size = is_ours ? ::read(file.get(), text.data(), text.size()) : -1;
  const std::string_view key(text.data(), kKeyDigits);
  if (size != static_cast<ssize_t>(kKeyDigits) || !IsLowerHex(key)) {
    return Error{Errc::kUnavailable, fmt::format("{}: no key of this server", path.string())};
  }
  return Secret(std::string(key));
}

}  // namespace rtcroom
