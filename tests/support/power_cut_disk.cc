#include "tests/support/power_cut_disk.h"

#include <algorithm>
#include <utility>

namespace rtcroom {

class PowerCutDisk::File {
 public:
  File(std::uint64_t made_in_boot, PowerCutFile its_content)
      : boot(made_in_boot), content(std::move(its_content)) {}

  const std::uint64_t boot;
  PowerCutFile content;
};

PowerCutDisk::PowerCutDisk(PowerCutDiskOptions options) : options_(options) {}

PowerCutDisk::~PowerCutDisk() = default;

PowerCutDisk::FileRef PowerCutDisk::Find(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto entry = names_.find(name);
  return powered_ && entry != names_.end() ? entry->second : nullptr;
}

PowerCutDisk::FileRef PowerCutDisk::Create(std::string_view name) {
  const MutexLock lock(mutex_);
  if (!powered_) return nullptr;
  const bool stays_on = BeginOperationLocked();
  auto file = std::make_shared<File>(boot_, PowerCutFile());
  names_.insert_or_assign(std::string(name), file);
  unsynced_names_.push_back({.name = std::string(name), .file = file});
  return stays_on ? file : nullptr;
}

PowerCutDisk::FileRef PowerCutDisk::CreateNameless() {
  const MutexLock lock(mutex_);
  return powered_ ? std::make_shared<File>(boot_, PowerCutFile()) : nullptr;
}

bool PowerCutDisk::Remove(std::string_view name) {
  const MutexLock lock(mutex_);
  if (!powered_) return false;
  const bool stays_on = BeginOperationLocked();
  const auto entry = names_.find(name);
  if (entry != names_.end()) {
    names_.erase(entry);
    unsynced_names_.push_back({.name = std::string(name), .file = nullptr});
  }
  return stays_on;
}

bool PowerCutDisk::SyncDirectory() {
  const MutexLock lock(mutex_);
  if (!powered_ || !BeginOperationLocked()) return false;
  durable_names_ = names_;
  unsynced_names_.clear();
  return true;
}

bool PowerCutDisk::Write(const FileRef& file, std::uint64_t offset, std::string_view bytes) {
  const MutexLock lock(mutex_);
  if (!IsAliveLocked(file)) return false;
  const bool stays_on = BeginOperationLocked();
  file->content.Write(offset, bytes);
  return stays_on;
}

bool PowerCutDisk::Truncate(const FileRef& file, std::uint64_t size) {
  const MutexLock lock(mutex_);
  if (!IsAliveLocked(file)) return false;
  const bool stays_on = BeginOperationLocked();
  file->content.Truncate(size);
  return stays_on;
}

bool PowerCutDisk::Sync(const FileRef& file) {
  const MutexLock lock(mutex_);
  if (!IsAliveLocked(file) || !BeginOperationLocked()) return false;
  file->content.Sync();
  for (const auto& entry : names_) {
    if (entry.second != file) continue;
    durable_names_.insert_or_assign(entry.first, file);
    std::erase_if(unsynced_names_,
                  [&](const NameChange& change) { return change.name == entry.first; });
  }
  return true;
}

std::optional<std::size_t> PowerCutDisk::Read(const FileRef& file, std::uint64_t offset,
                                              std::span<char> into) const {
  const MutexLock lock(mutex_);
  if (!IsAliveLocked(file)) return std::nullopt;
  return file->content.Read(offset, into);
}

std::optional<std::uint64_t> PowerCutDisk::Size(const FileRef& file) const {
  const MutexLock lock(mutex_);
  if (!IsAliveLocked(file)) return std::nullopt;
  return file->content.Size();
}

bool PowerCutDisk::IsAlive(const FileRef& file) const {
  const MutexLock lock(mutex_);
  return IsAliveLocked(file);
}

bool PowerCutDisk::IsPowered() const {
  const MutexLock lock(mutex_);
  return powered_;
}

void PowerCutDisk::Cut() {
  const MutexLock lock(mutex_);
  powered_ = false;
}

void PowerCutDisk::CutAtOperation(std::uint64_t count) {
  const MutexLock lock(mutex_);
  cut_at_ = operations_ + count;
}

std::uint64_t PowerCutDisk::operations() const {
  const MutexLock lock(mutex_);
  return operations_;
}

void PowerCutDisk::Boot(std::mt19937_64& random) {
  const MutexLock lock(mutex_);
  ++boot_;
  Directory found;
  for (const auto& [name, file] : SurvivingDirectoryLocked(random)) {
    found.emplace(name, std::make_shared<File>(
                            boot_, PowerCutFile(file->content.AfterCut(options_, random))));
  }
  names_ = found;
  durable_names_ = std::move(found);
  unsynced_names_.clear();
  cut_at_.reset();
  powered_ = true;
}

bool PowerCutDisk::IsAliveLocked(const FileRef& file) const {
  return powered_ && file->boot == boot_;
}

bool PowerCutDisk::BeginOperationLocked() {
  ++operations_;
  if (operations_ == cut_at_) powered_ = false;
  return powered_;
}

PowerCutDisk::Directory PowerCutDisk::SurvivingDirectoryLocked(std::mt19937_64& random) const {
  std::map<std::string, std::vector<FileRef>> histories;
  for (const NameChange& change : unsynced_names_) histories[change.name].push_back(change.file);

  Directory found = durable_names_;
  for (const auto& [name, history] : histories) {
    // Changes of one name take effect in order, but any suffix of them may be lost.
    const std::size_t survived = random() % (history.size() + 1);
    if (survived == 0) continue;
    if (const FileRef& file = history[survived - 1]; file != nullptr) {
      found.insert_or_assign(name, file);
    } else {
      found.erase(name);
    }
  }
  return found;
}

}  // namespace rtcroom
