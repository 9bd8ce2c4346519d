#include "tests/support/power_cut_vfs.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace rtcroom {
namespace {

/// One open file. SQLite stores a pointer to it after its own `sqlite3_file`.
struct OpenFile {
  PowerCutVfs& vfs;
  PowerCutDisk::FileRef file;
  std::shared_ptr<PowerCutSharing> sharing;
  PowerCutSharing::Party party;
  bool sync_directory = false;  ///< with the next sync

  [[nodiscard]] PowerCutDisk& disk() const { return vfs.disk(); }
  [[nodiscard]] bool IsAlive() const { return disk().IsAlive(file); }
};

/// Memory that SQLite allocates for the VFS, `szOsFile` bytes.
struct Handle {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& Of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->open; }

PowerCutVfs& Of(sqlite3_vfs* vfs) { return *static_cast<PowerCutVfs*>(vfs->pAppData); }

sqlite3_vfs* SystemVfs() { return sqlite3_vfs_find("unix"); }

int Close(sqlite3_file* file) {
  const std::unique_ptr<OpenFile> open(&Of(file));
  open->sharing->Leave(open->party);
  file->pMethods = nullptr;
  return SQLITE_OK;
}

int Read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  const OpenFile& open = Of(file);
  const std::span<char> buffer(static_cast<char*>(into), static_cast<std::size_t>(size));
  const auto got = open.disk().Read(open.file, static_cast<std::uint64_t>(offset), buffer);
  if (!got) return SQLITE_IOERR_READ;
  if (*got == buffer.size()) return SQLITE_OK;
  std::ranges::fill(buffer.subspan(*got), '\0');  // SQLite requires zeros past the end
  return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const OpenFile& open = Of(file);
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  return open.disk().Write(open.file, static_cast<std::uint64_t>(offset), bytes)
             ? SQLITE_OK
             : SQLITE_IOERR_WRITE;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const OpenFile& open = Of(file);
  return open.disk().Truncate(open.file, static_cast<std::uint64_t>(size)) ? SQLITE_OK
                                                                           : SQLITE_IOERR_TRUNCATE;
}

int Sync(sqlite3_file* file, int /*flags*/) {
  OpenFile& open = Of(file);
  if (!open.disk().Sync(open.file)) return SQLITE_IOERR_FSYNC;
  if (std::exchange(open.sync_directory, false) && !open.disk().SyncDirectory()) {
    return SQLITE_IOERR_DIR_FSYNC;
  }
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  const OpenFile& open = Of(file);
  const auto known = open.disk().Size(open.file);
  if (!known) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(*known);
  return SQLITE_OK;
}

int Lock(sqlite3_file* file, int level) {
  OpenFile& open = Of(file);
  return open.IsAlive() ? open.sharing->Lock(open.party, level) : SQLITE_IOERR_LOCK;
}

int Unlock(sqlite3_file* file, int level) {
  OpenFile& open = Of(file);
  open.sharing->Unlock(open.party, level);
  return SQLITE_OK;
}

int CheckReservedLock(sqlite3_file* file, int* reserved) {
  const OpenFile& open = Of(file);
  *reserved = open.sharing->IsReserved() ? 1 : 0;
  return open.IsAlive() ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

int FileControl(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}

int SectorSize(sqlite3_file* file) {
  return static_cast<int>(Of(file).disk().options().sector_size);
}

int DeviceCharacteristics(sqlite3_file* file) {
  return Of(file).disk().options().powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

int ShmMap(sqlite3_file* file, int index, int size, int extend, void volatile** region) {
  OpenFile& open = Of(file);
  *region = nullptr;
  if (!open.IsAlive()) return SQLITE_IOERR_SHMMAP;
  *region = open.sharing->MapRegion(open.party, static_cast<std::size_t>(index),
                                    static_cast<std::size_t>(size), extend != 0);
  return SQLITE_OK;
}

int ShmLock(sqlite3_file* file, int first, int count, int flags) {
  OpenFile& open = Of(file);
  const bool unlocks = (flags & SQLITE_SHM_UNLOCK) != 0;
  if (!unlocks && !open.IsAlive()) return SQLITE_IOERR_SHMLOCK;
  return open.sharing->LockSlots(open.party, first, count, flags);
}

void ShmBarrier(sqlite3_file* file) { Of(file).sharing->Barrier(); }

int ShmUnmap(sqlite3_file* file, int /*remove*/) {
  OpenFile& open = Of(file);
  open.sharing->UnmapRegions(open.party);
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kFileMethods = {
    .iVersion = 2,
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = FileSize,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReservedLock,
    .xFileControl = FileControl,
    .xSectorSize = SectorSize,
    .xDeviceCharacteristics = DeviceCharacteristics,
    .xShmMap = ShmMap,
    .xShmLock = ShmLock,
    .xShmBarrier = ShmBarrier,
    .xShmUnmap = ShmUnmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;  // otherwise SQLite would close an unopened file
  PowerCutDisk& disk = Of(vfs).disk();
  PowerCutDisk::FileRef found = name == nullptr ? disk.CreateNameless() : disk.Find(name);
  if (found == nullptr && (flags & SQLITE_OPEN_CREATE) != 0) found = disk.Create(name);
  if (found == nullptr) return disk.IsPowered() ? SQLITE_CANTOPEN : SQLITE_IOERR;

  constexpr int kKindsOfJournal =
      SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  auto open = std::make_unique<OpenFile>(OpenFile{
      .vfs = Of(vfs),
      .file = found,
      .sharing = Of(vfs).SharingOf(found),
      .party = {},
      .sync_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kKindsOfJournal) != 0,
  });
  open->sharing->Join(open->party);
  reinterpret_cast<Handle*>(file)->open = open.release();
  file->pMethods = &kFileMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  PowerCutDisk& disk = Of(vfs).disk();
  if (disk.Find(name) == nullptr && disk.IsPowered()) return SQLITE_IOERR_DELETE_NOENT;
  if (!disk.Remove(name)) return SQLITE_IOERR_DELETE;
  if (sync_directory != 0 && !disk.SyncDirectory()) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int Access(sqlite3_vfs* vfs, const char* name, int flags, int* answer) {
  const PowerCutDisk& disk = Of(vfs).disk();
  const PowerCutDisk::FileRef file = disk.Find(name);
  // An empty file does not exist for SQLite's own Unix VFS.
  const bool exists = file != nullptr && (flags != SQLITE_ACCESS_EXISTS || disk.Size(file) > 0U);
  *answer = exists ? 1 : 0;
  return disk.IsPowered() ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

int FullPathname(sqlite3_vfs* /*vfs*/, const char* name, int size, char* full) {
  const std::string_view given(name);
  if (given.size() >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(full, name, given.size() + 1);
  return SQLITE_OK;
}

int Randomness(sqlite3_vfs* /*vfs*/, int size, char* into) {
  return SystemVfs()->xRandomness(SystemVfs(), size, into);
}

int Sleep(sqlite3_vfs* /*vfs*/, int microseconds) {
  return SystemVfs()->xSleep(SystemVfs(), microseconds);
}

int CurrentTime(sqlite3_vfs* /*vfs*/, double* julian_day) {
  return SystemVfs()->xCurrentTime(SystemVfs(), julian_day);
}

int CurrentTimeInt64(sqlite3_vfs* /*vfs*/, sqlite3_int64* julian_ms) {
  return SystemVfs()->xCurrentTimeInt64(SystemVfs(), julian_ms);
}

}  // namespace

PowerCutVfs::PowerCutVfs(std::string name, PowerCutDisk& disk)
    : name_(std::move(name)), disk_(disk) {
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(Handle));
  vfs_.mxPathname = 512;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  vfs_.xAccess = Access;
  vfs_.xFullPathname = FullPathname;
  vfs_.xRandomness = Randomness;
  vfs_.xSleep = Sleep;
  vfs_.xCurrentTime = CurrentTime;
  vfs_.xCurrentTimeInt64 = CurrentTimeInt64;
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/0);
}

PowerCutVfs::~PowerCutVfs() { sqlite3_vfs_unregister(&vfs_); }

std::shared_ptr<PowerCutSharing> PowerCutVfs::SharingOf(const PowerCutDisk::FileRef& file) {
  const MutexLock lock(mutex_);
  std::erase_if(sharings_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<PowerCutSharing>& known = sharings_[file];
  std::shared_ptr<PowerCutSharing> sharing = known.lock();
  if (sharing == nullptr) {
    sharing = std::make_shared<PowerCutSharing>();
    known = sharing;
  }
  return sharing;
}

}  // namespace rtcroom
