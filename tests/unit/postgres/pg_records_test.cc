// Revocations and recordings in PostgreSQL: values of any bytes and numbers.
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "storage/postgres/pg_recordings.h"
#include "storage/postgres/pg_revocations.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/postgres/pg_tables_fixture.h"

namespace rtcroom {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

using PgRecordsTest = PgTablesTest;

TEST_F(PgRecordsTest, ARevokedStreamMayHaveAnyBytes) {
  const Revocation revocation{.stream = std::string("\xFF\0", 2), .until = kNoon + seconds(1)};
  ASSERT_OK(Write(pg::WriteRevocation(revocation)));
  EXPECT_THAT(*pg::LoadRevocations(*connection_, kNoon, Soon()), ElementsAre(revocation));
}

TEST_F(PgRecordsTest, ARecordingNumberIsGivenOnce) {
  const auto put = [&](const std::string& file) {
    const std::vector<Recording> recordings = {{.file = file, .ended_at = kNoon}};
    EXPECT_OK(Write(pg::PutRecordings(recordings, 100)));
    return (*pg::FindRecording(*connection_, file, Soon()))->number;
  };
  const std::uint64_t first = put("a");
  const std::uint64_t second = put("b");
  EXPECT_EQ(put("b"), second);
  ASSERT_OK(Write(pg::RemoveRecording("a", kNoon)));
  EXPECT_EQ(Number("SELECT last_recording FROM meta"), 0) << "the newest is there";
  ASSERT_OK(Write({pg::RemoveRecording("b", kNoon), pg::RemoveRecording("never there", kNoon)}));
  const std::uint64_t third = put("b");
  EXPECT_GT(second, first);
  EXPECT_GT(third, second);
}

TEST_F(PgRecordsTest, RecordingsMayHaveAnyBytesAndAreListedFromAnyNumber) {
  Recording recording{.file = std::string("a\xFF", 2), .ended_at = kNoon};
  ASSERT_OK(Write(pg::PutRecordings(std::vector{recording}, 2)));
  recording.number = 1;
  const RecordingPosition beyond{.ended_at = kNoon,
                                 .number = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_THAT(*pg::ListRecordings(*connection_, {.after = beyond}, Soon()), ElementsAre(recording));
  EXPECT_EQ(*pg::FindRecording(*connection_, recording.file, Soon()), recording);
}

}  // namespace
}  // namespace rtcroom
