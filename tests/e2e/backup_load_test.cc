// Backups under concurrent writes, each restored: every change acknowledged before is present, and
// no change that was never made.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <rtcroom/v1/membership_notifier.grpc.pb.h>

#include "tests/e2e/room_calls.h"
#include "tests/e2e/room_changes.h"
#include "tests/e2e/store_commands.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {
namespace {

constexpr std::size_t kWriters = 6;
constexpr std::size_t kBackups = 4;

/// The first message of the server to a subscriber with a cursor.
struct Greeting {
  std::string cursor{};  ///< of an event or a keep-alive; empty when there was none
  grpc::StatusCode code = grpc::StatusCode::OK;
};

Greeting Watch(const ServerProcess& server, const std::string& cursor) {
  const auto stub = v1::MembershipNotifier::NewStub(
      grpc::CreateChannel(server.AddressOf("grpc"), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kWaitTimeout);
  v1::WatchRequest request;
  if (cursor.empty()) {
    request.mutable_earliest();
  } else {
    request.set_cursor(cursor);
  }
  request.mutable_keep_alive()->set_seconds(1);
  const auto stream = stub->Watch(&context, request);
  v1::WatchResponse response;
  if (stream->Read(&response)) {
    context.TryCancel();
    return {.cursor =
                response.has_event() ? response.event().cursor() : response.keep_alive().cursor()};
  }
  return {.code = stream->Finish().error_code()};
}

class BackupUnderLoad : public testing::Test {
 protected:
  /// A backup, and the progress of each recorder before and after.
  struct Taken {
    std::filesystem::path file;
    std::vector<std::size_t> before{};
    std::vector<std::size_t> after{};
  };

  BackupUnderLoad() {
    for (RoomRecorder& recorder : recorders_) recorder.KeepEveryState();
  }

  [[nodiscard]] std::vector<std::size_t> Acknowledged() const {
    std::vector<std::size_t> counts;
    for (const RoomRecorder& recorder : recorders_) counts.push_back(recorder.acknowledged());
    return counts;
  }

  /// Takes all backups while all writers write.
  std::vector<Taken> TakeBackups() {
    std::vector<Taken> all;
    WriteCounts counts;
    std::atomic<bool> stop{false};
    std::vector<std::jthread> threads;
    for (RoomRecorder& recorder : recorders_) {
      threads.emplace_back([&recorder, &counts, &stop, client = server_.Https()]() mutable {
        recorder.WriteUntilStopped(std::move(client), stop, counts);
      });
    }
    for (std::size_t i = 0; i < kBackups; ++i) {
      const std::size_t at_least = counts.acknowledged + 50;
      EXPECT_TRUE(Eventually([&] { return counts.acknowledged >= at_least; }));
      Taken taken{.file = directory_.path() / ("backup" + std::to_string(i) + ".db"),
                  .before = Acknowledged()};
      const FinishedCommand done = Backup(server_, taken.file);
      EXPECT_EQ(done.exit_code, 0) << done.err;
      taken.after = Acknowledged();
      all.push_back(std::move(taken));
    }
    stop = true;
    threads.clear();
    EXPECT_EQ(counts.refused, 0u);
    return all;
  }

  /// Restores it into an empty directory and starts a server on it.
  /// @return the epoch of the restored store.
  std::string RestoreAndCheck(const Taken& taken, const std::string& old_cursor) {
    const std::filesystem::path place = taken.file.string() + ".restored";
    std::filesystem::create_directory(place);
    const std::string config = ConfigOf(place / "rtcroomd.toml", place / "data");
    const FinishedCommand restored =
        RunBinary({"restore", taken.file.string(), "--config", config});
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
    const FinishedCommand checked = RunBinary({"check-store", "--config", config});
    EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;

    const ServerProcess server({.settings = {{"store.data_dir", (place / "data").string()},
                                             {"room.heartbeat_timeout", "1h"}}});
    ApiClient client = server.Https();
    for (const std::string_view kind : kKinds) {
      const Ledger stored = StoredRooms(client, kind);
      for (std::size_t i = 0; i < recorders_.size(); ++i) {
        if (recorders_[i].source().kind() != kind) continue;
        recorders_[i].ExpectSeenBetween(taken.before[i], taken.after[i], stored);
      }
    }
    EXPECT_EQ(Watch(server, old_cursor).code, grpc::StatusCode::OUT_OF_RANGE);
    EXPECT_FALSE(Watch(server, {}).cursor.empty());
    return EpochIn(checked.out);
  }

  const std::uint32_t seed_ = std::random_device()();
  std::mt19937 random_{seed_};
  std::deque<RoomRecorder> recorders_ = RoomRecorders(kWriters, random_);
  const TempDirectory directory_;
  ServerProcess server_{{.settings = {{"room.heartbeat_timeout", "1h"}, {"log.level", "info"}}}};
};

TEST_F(BackupUnderLoad, ContainsExactlyTheAcknowledgedWrites) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  const std::vector<Taken> all = TakeBackups();
  ASSERT_FALSE(HasFailure());
  const std::string cursor = Watch(server_, {}).cursor;
  ASSERT_FALSE(cursor.empty());
  EXPECT_FALSE(Watch(server_, cursor).cursor.empty());  // valid in its own store

  std::set<std::string> epochs = {
      EpochIn(RunBinary({"check-store", "--config", server_.config_file().string()}).out)};
  for (const Taken& taken : all) {
    epochs.insert(EpochIn(CheckStoreFile(taken.file).out));
    epochs.insert(RestoreAndCheck(taken, cursor));
  }
  // The store's own epoch, and for each backup its own and that of its restoration.
  EXPECT_EQ(epochs.size(), 1 + 2 * kBackups);
  EXPECT_EQ(epochs.count(""), 0u);
}

}  // namespace
}  // namespace rtcroom
