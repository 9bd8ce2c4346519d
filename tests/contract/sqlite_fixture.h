// A directory with a SQLite store that a test can close, reopen and inspect.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "storage/sqlite/sqlite_store.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

class SqliteFixture : public testing::Test {
 protected:
  SqliteOptions Options() const { return {.path = Path(), .new_epoch = "00c0ffee00c0ffee"}; }
  std::string Path() const { return (directory_.path() / "rooms.db").string(); }

  void OpenStore(const SqliteOptions& options) {
    store_.reset();
    auto opened = SqliteStore::Open(options, listener_);
    ASSERT_OK(opened);
    store_ = *std::move(opened);
  }
  void OpenStore() { OpenStore(Options()); }

  /// The error returned by opening.
  Error Refusal(const SqliteOptions& options) {
    const auto opened = SqliteStore::Open(options, listener_);
    if (opened) return {Errc::kInternal, "it was opened"};
    EXPECT_NE(opened.error().detail.find(options.path), std::string::npos) << opened.error();
    return opened.error();
  }

  /// Runs `sql` on the file from a separate connection.
  static void RunSql(const std::string& path, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  /// Stores that are opened later fail at `refused`, with RAISE(`how`).
  void Refuse(const std::string& refused, const std::string& how) {
    store_.reset();
    RunSql(Path(), "CREATE TRIGGER refuse BEFORE " + refused + " BEGIN SELECT RAISE(" + how +
                       ", 'refused'); END");
  }

  static std::string ContentOf(const std::string& path) {
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
  }
  /// Makes the store of a dump in tests/contract/data, and changes it with `sql`.
  void MakeOldStore(const std::string& dump, const std::string& sql = "") {
    const std::string statements = ContentOf(RTCROOM_TEST_DATA "/" + dump);
    ASSERT_FALSE(statements.empty()) << dump;
    RunSql(Path(), statements + sql);
  }

  TempDirectory directory_;
  RecordingListener listener_;
  std::unique_ptr<SqliteStore> store_;
};

/// Names a test by the dump that is its parameter.
inline std::string NameOfDump(const testing::TestParamInfo<const char*>& dump) {
  return std::filesystem::path(dump.param).stem().string();
}

}  // namespace rtcroom
