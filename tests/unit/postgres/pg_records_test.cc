// Revocations and recordings in PostgreSQL: values of any bytes and numbers.
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/fake_clock.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

class PgRecordsTest : public PgStoreTest {
 protected:
  std::unique_ptr<PgStore> store_ = OpenPatient();
};

TEST_F(PgRecordsTest, ARevokedStreamMayHaveAnyBytes) {
  const Revocation revocation{.stream = std::string("\xFF\0", 2), .until = kNoon + seconds(1)};
  ASSERT_OK(Apply(*store_, Revoking(Creating(MultiRoom("r1")), {revocation})));
  EXPECT_THAT(*store_->bans().LoadRevocations(kNoon), ElementsAre(revocation));
}

TEST_F(PgRecordsTest, ARecordingNumberIsGivenOnce) {
  RecordingStore& recordings = store_->recordings();
  const auto put = [&](const std::string& file) {
    const Recording recording{.file = file, .ended_at = kNoon};
    EXPECT_OK(recordings.PutRecordings({&recording, 1}));
    return (*recordings.FindRecording(file))->number;
  };
  const std::uint64_t first = put("a");
  const std::uint64_t second = put("b");
  EXPECT_EQ(put("b"), second);
  ASSERT_OK(recordings.RemoveRecording("a", kNoon));
  EXPECT_EQ(Number("SELECT last_recording FROM meta"), 0) << "the newest is there";
  ASSERT_OK(recordings.RemoveRecording("b", kNoon));
  ASSERT_OK(recordings.RemoveRecording("never there", kNoon));
  const std::uint64_t third = put("b");
  EXPECT_GT(second, first);
  EXPECT_GT(third, second);
}

TEST_F(PgRecordsTest, RecordingsMayHaveAnyBytesAndAreListedFromAnyNumber) {
  RecordingStore& recordings = store_->recordings();
  Recording recording{.file = std::string("a\xFF", 2), .ended_at = kNoon};
  ASSERT_OK(recordings.PutRecordings({&recording, 1}));
  recording.number = 1;
  const RecordingPosition beyond{.ended_at = kNoon,
                                 .number = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_THAT(*recordings.ListRecordings({.after = beyond}), ElementsAre(recording));
  EXPECT_EQ(*recordings.FindRecording(recording.file), recording);
}

}  // namespace
}  // namespace rtcroom
