#include "daemon/process/store_backup.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "daemon/base/free_space.h"
#include "daemon/base/text.h"
#include "daemon/core/system_ids.h"

namespace rtcroom {
namespace {

constexpr std::string_view kPrefix = "backup-";
constexpr std::string_view kSuffix = ".part";
constexpr std::size_t kNameBytes = 8;

/// Kept free for the server: without it, calls would fail for lack of space.
constexpr std::uint64_t kReserve = std::uint64_t{16} << 20;

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

}  // namespace

bool IsBackupName(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return false;
  if (name.size() != kPrefix.size() + 2 * kNameBytes + kSuffix.size()) return false;
  return IsLowerHex(name.substr(kPrefix.size(), 2 * kNameBytes));
}

Result<std::string> StoreBackup::Make(SqliteStore* running, const std::stop_token& stop) {
  if (store_.empty()) {
    return Error{Errc::kUnavailable, "the store is in memory: there is nothing to back up"};
  }
  RemoveAllBut(last_);
  Status space = CheckSpace(running);
  if (!space && !last_.empty()) {
    // The command that requested it was probably killed, and will not open it any more.
    RemoveAllBut("");
    space = CheckSpace(running);
  }
  if (!space) return space.error();
  std::string name = fmt::format("{}{}{}", kPrefix, RandomHex(random_, kNameBytes), kSuffix);
  const StoreCopyOptions copy{.to = (directory_ / name).string(), .new_epoch = NewEpoch(random_)};
  const Status copied =
      running != nullptr ? running->CopyTo(copy, stop) : CopyStore(store_.string(), copy, stop);
  if (!copied) {
    RemoveAllBut(last_);
    return copied.error();
  }
  last_ = name;
  return name;
}

void StoreBackup::RemoveLeftovers() { RemoveAllBut(""); }

void StoreBackup::RemoveAllBut(std::string_view kept) const {
  std::error_code problem;  // failed removals are retried the next time
  std::filesystem::directory_iterator entries(directory_, problem);
  for (; !problem && entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    const std::string name = entries->path().filename().string();
    // Includes its journal, whose name is the copy's with a suffix.
    const std::size_t end = name.find(kSuffix);
    const std::size_t size = end == std::string::npos ? 0 : end + kSuffix.size();
    if (!IsBackupName(std::string_view(name).substr(0, size)) || name == kept) continue;
    std::error_code ignored;
    std::filesystem::remove(entries->path(), ignored);
  }
}

Status StoreBackup::CheckSpace(SqliteStore* running) const {
  const Result<std::uint64_t> needed =
      running != nullptr ? running->SizeOfCopy() : SizeOfCopy(store_.string());
  if (!needed) return needed.error();
  const std::optional<std::uint64_t> free = FreeBytes(directory_);
  // If the free space is unknown, the write itself finds out.
  if (!free || *free >= *needed + kReserve) return {};
  return Error{Errc::kUnavailable,
               fmt::format("no space for a copy in {}: {} MiB are free, and it takes up to {} MiB,"
                           " with {} MiB to be left",
                           directory_.string(), *free / kMebibyte, *needed / kMebibyte + 1,
                           kReserve / kMebibyte)};
}

}  // namespace rtcroom
