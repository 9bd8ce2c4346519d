// A write-ahead log damaged by a disk, and stores that only appear damaged.
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/room_changes.h"
#include "tests/e2e/store_audit.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/eventually.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// For each created room: room_created and pusher_added.
constexpr std::size_t kEventsOfARoom = 2;

class DamagedWal : public testing::Test {
 protected:
  [[nodiscard]] fs::path store() const { return server_.data_directory() / "rtcroomd.db"; }
  [[nodiscard]] fs::path mark() const { return store().string() + ".newest"; }
  [[nodiscard]] fs::path log() const { return store().string() + "-wal"; }

  void MakeRooms(std::size_t count) {
    ApiClient client = server_.Https();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(++made_);
      const auto made =
          client.Call("multi_room", "create_room", CreateBody("u" + number, "r" + number));
      ASSERT_EQ(made.code(), kOk);
    }
  }
  void WaitForTheMark() {
    const std::string newest = "-" + std::to_string(made_ * kEventsOfARoom) + "\n";
    ASSERT_TRUE(Eventually([&] { return ReadWholeFile(mark()).ends_with(newest); }));
  }
  void FlipAByteInTheMiddle() {
    std::fstream file(log(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(log()) / 2);
    file.seekg(middle);
    const int byte = file.get();
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.good());
  }

  std::size_t made_ = 0;
  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}}};
};

TEST_F(DamagedWal, IsReportedAtStartWithTheNumberOfMissingEvents) {
  MakeRooms(40);
  WaitForTheMark();
  server_.Kill9();
  FlipAByteInTheMiddle();
  const FinishedCommand checked = CheckStoreFile(store());
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.out, HasSubstr("that were acknowledged are missing"));

  server_.Start();
  ApiClient client = server_.Https();
  const std::size_t left = StoredRooms(client, "multi_room").size();
  ASSERT_GT(left, 0U);
  ASSERT_LT(left, made_);
  const std::string log = server_.StopAndReadLog();
  EXPECT_THAT(log,
              AllOf(HasSubstr(R"("level":"error")"), HasSubstr(R"("event":"events_missing")"),
                    HasSubstr(R"("at_least":)" + std::to_string((made_ - left) * kEventsOfARoom))));
  server_.Start();
  made_ = left;
  MakeRooms(1);
  WaitForTheMark();
  server_.Kill9();
  server_.Start();
  EXPECT_THAT(server_.StopAndReadLog().substr(log.size()), Not(HasSubstr("events_missing")))
      << "one report suffices";
}

TEST_F(DamagedWal, IsNotReportedForAnIntactStore) {
  MakeRooms(5);
  WaitForTheMark();
  const TempDirectory elsewhere;
  const fs::path backup = elsewhere.path() / "backup.db";
  ASSERT_EQ(Backup(server_, backup).exit_code, 0);
  MakeRooms(5);
  server_.Kill9();  // the mark may be older than the store
  EXPECT_THAT(AuditStore(store()), IsEmpty());
  EXPECT_EQ(CheckStoreFile(store()).exit_code, 0);
  server_.Start();
  MakeRooms(5);
  ASSERT_EQ(server_.Terminate(), 0);
  EXPECT_THAT(ReadWholeFile(mark()),
              testing::EndsWith("-" + std::to_string(made_ * kEventsOfARoom) + "\n"))
      << "the mark covers all changes acknowledged before the stop";
  server_.Start();
  server_.HandOver();
  ASSERT_EQ(server_.Terminate(), 0);
  ASSERT_EQ(
      RunBinary({"restore", backup.string(), "--force", "--config", server_.config_file().string()})
          .exit_code,
      0);
  EXPECT_EQ(CheckStoreFile(store()).exit_code, 0);
  server_.Start();
  fs::remove(mark());
  server_.Kill9();
  server_.Start();
  EXPECT_THAT(server_.StopAndReadLog(), Not(HasSubstr("events_missing")));
}

TEST_F(DamagedWal, ThatIsMovedUnderTheServerStopsWritesUntilItIsBack) {
  MakeRooms(3);
  const fs::path moved = log().string() + ".moved";
  fs::rename(log(), moved);
  ASSERT_TRUE(server_.WaitForLog("store_files_moved"));
  ApiClient client = server_.Https();
  const auto create = [&] {
    return client.Call("multi_room", "create_room", CreateBody("late", "late")).code();
  };
  EXPECT_EQ(create(), kInternalFailure);
  const ApiReply ready = server_.Admin().Get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.Text("reason"), HasSubstr("is not the file that is open"));
  const TempDirectory elsewhere;
  const fs::path backup = elsewhere.path() / "backup.db";
  EXPECT_EQ(Backup(server_, backup).exit_code, 0) << "a copy of what is open";
  EXPECT_THAT(CheckStoreFile(backup).out, HasSubstr("3 rooms"));

  fs::rename(moved, log());
  EXPECT_EQ(create(), kOk);
  server_.Kill9();
  server_.Start();
  client = server_.Https();
  EXPECT_EQ(StoredRooms(client, "multi_room").size(), made_ + 1);
}

}  // namespace
}  // namespace rtcroom
