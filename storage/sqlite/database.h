// A connection to the database, closed by its destructor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

struct sqlite3;

namespace rtcroom {

/// Error of the last call on a connection: kStoreBusy when another connection blocked it,
/// kStoreBroken otherwise. Contains no bound value.
Error LastError(sqlite3* handle, std::string_view doing);

/// @threads one thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t {
    kReadOnly,
    kReadWrite,        ///< an existing file
    kReadWriteCreate,  ///< or a new file
  };

  /// @param vfs  name of the SQLite VFS to use; empty for the default one.
  /// @errors kStoreBroken, naming the path.
  static Result<Database> Open(const std::string& path, const std::string& vfs, Access access);

  /// Runs constant SQL without parameters.
  Status Execute(const std::string& sql);

  /// The first column of the only row of constant SQL.
  Result<std::int64_t> QueryInteger(const std::string& sql);
  Result<std::string> QueryText(const std::string& sql);

  /// Size of all pages, including those that are still in the log.
  Result<std::uint64_t> SizeInBytes();

  /// It is false, too, after SQLite itself rolled back a transaction, as it may when the disk is
  /// full.
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
