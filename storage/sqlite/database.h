// A connection to the database, closed by its destructor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

struct sqlite3;

namespace rtcroom {

/// What the last call on a connection failed with: kStoreBusy when another connection was in
/// the way, kStoreBroken otherwise. Holds no bound value.
Error LastError(sqlite3* handle, std::string_view doing);

/// @threads for one thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t {
    kReadOnly,
    kReadWrite,        ///< a file that exists
    kReadWriteCreate,  ///< or a new one
  };

  /// @param vfs  name of the SQLite VFS to use; empty for the default one.
  /// @errors kStoreBroken, naming the path.
  static Result<Database> Open(const std::string& path, const std::string& vfs, Access access);

  /// Runs our own constant SQL, which has no parameters.
  Status Execute(const std::string& sql);

  /// The first column of the only row of our own constant SQL.
  Result<std::int64_t> QueryInteger(const std::string& sql);
  Result<std::string> QueryText(const std::string& sql);

  /// What all pages take, those that are still in the log included.
  Result<std::uint64_t> SizeInBytes();

  /// False too after SQLite gave up a transaction by itself, as it may when the disk is full.
  [[nodiscard]] bool InTransaction() const;

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Closer> handle_;
};

}  // namespace rtcroom
