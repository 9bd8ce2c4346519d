#include "tests/contract/failing_vfs.h"

#include <utility>

namespace rtcroom {

FailingVfs::FailingVfs(std::string name)
    : name_(std::move(name)), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.pNext = nullptr;
  vfs_.xOpen = &FailingVfs::Open;
  sqlite3_vfs_register(&vfs_, 0);
}

FailingVfs::~FailingVfs() { sqlite3_vfs_unregister(&vfs_); }

int FailingVfs::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                     int* out_flags) {
  auto& self = *static_cast<FailingVfs*>(vfs->pAppData);
  const int opened = self.real_->xOpen(self.real_, path, file, flags, out_flags);
  if (file->pMethods != nullptr) {
    file->pMethods = &self.Replacing({file->pMethods, (flags & SQLITE_OPEN_MAIN_DB) != 0}).table;
  }
  return opened;
}

const FailingVfs::Methods& FailingVfs::Replacing(const Kind& kind) {
  const MutexLock lock(mutex_);
  std::unique_ptr<Methods>& methods = methods_[kind];
  if (methods == nullptr) {
    methods = std::make_unique<Methods>(
        Methods{.table = *kind.first, .own = kind.first, .vfs = this, .is_database = kind.second});
    methods->table.xRead = &FailingVfs::Read;
    methods->table.xWrite = &FailingVfs::Write;
    methods->table.xSync = &FailingVfs::Sync;
    methods->table.xShmLock = &FailingVfs::Lock;
  }
  return *methods;
}

const FailingVfs::Methods& FailingVfs::MethodsOf(const sqlite3_file* file) {
  return *reinterpret_cast<const Methods*>(file->pMethods);
}

int FailingVfs::Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  const Methods& methods = MethodsOf(file);
  const int failure = methods.vfs->read_failure;
  return failure != SQLITE_OK ? failure : methods.own->xRead(file, bytes, size, offset);
}

int FailingVfs::Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const Methods& methods = MethodsOf(file);
  FailingVfs& vfs = *methods.vfs;
  int failure = vfs.write_failure;
  if (failure == SQLITE_OK && methods.is_database) failure = vfs.database_write_failure;
  if (!methods.is_database && offset + size > vfs.most_log_bytes) failure = SQLITE_FULL;
  if (failure == SQLITE_OK && vfs.writes_left-- <= 0) {
    vfs.writes_left = 0;
    failure = SQLITE_FULL;
  }
  return failure != SQLITE_OK ? failure : methods.own->xWrite(file, bytes, size, offset);
}

int FailingVfs::Sync(sqlite3_file* file, int flags) {
  const Methods& methods = MethodsOf(file);
  ++methods.vfs->syncs;
  const int failure = methods.vfs->sync_failure;
  return failure != SQLITE_OK ? failure : methods.own->xSync(file, flags);
}

int FailingVfs::Lock(sqlite3_file* file, int first, int count, int flags) {
  const Methods& methods = MethodsOf(file);
  ++methods.vfs->log_locks;
  return methods.own->xShmLock(file, first, count, flags);
}

}  // namespace rtcroom
