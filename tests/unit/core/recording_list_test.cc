#include "daemon/core/recording_list.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/temp_store.h"

namespace rtcroom {
namespace {

TEST(RecordingList, ContinuesUntilTheLast) {
  RecordingListener listener;
  TempStore sqlite({}, "00c0ffee00c0ffee", listener);
  RecordingStore& store = sqlite.recordings();
  for (const char* const file : {"a", "b", "c"}) {
    const Recording recording{.file = file, .ended_at = kNoon};
    ASSERT_OK(store.PutRecordings({&recording, 1}));
  }
  const auto first = FindRecordings(store, {.limit = 2});
  ASSERT_OK(first);
  ASSERT_EQ(first->recordings.size(), 2u);
  ASSERT_TRUE(first->next.has_value());
  const auto second = FindRecordings(store, {.after = first->next, .limit = 2});
  ASSERT_OK(second);
  ASSERT_EQ(second->recordings.size(), 1u);
  EXPECT_EQ(second->recordings.front().file, "a");
  EXPECT_EQ(second->next, std::nullopt);
  EXPECT_EQ(FindRecordings(store, {.limit = 3})->next, std::nullopt);
}

TEST(RecordingList, PositionsAreReadAsTheyWereWritten) {
  for (const RecordingPosition& position :
       {RecordingPosition{}, RecordingPosition{.ended_at = kNoon, .number = 7},
        RecordingPosition{.ended_at = TimePoint::max(), .number = INT64_MAX}}) {
    EXPECT_EQ(ParseRecordingPosition(EncodeRecordingPosition(position)), position);
  }
  const std::string good = EncodeRecordingPosition({.ended_at = kNoon, .number = 7});
  for (const std::string& text :
       {std::string(), good.substr(1), good + "0", "x" + good.substr(1), "f" + good.substr(1),
        "A" + good.substr(1), "-" + good.substr(1), std::string(32, 'F')}) {
    EXPECT_EQ(ParseRecordingPosition(text), std::nullopt) << text;
  }
}

TEST(RecordingList, LinksArePercentEncoded) {
  const Recording recording{.file = "2023/a b?#%\xc3\xa9.flv"};
  EXPECT_EQ(RecordingUrl("", recording), "");
  EXPECT_EQ(RecordingUrl("https://h/r", recording), "https://h/r/2023/a%20b%3F%23%25%C3%A9.flv");
  EXPECT_EQ(RecordingUrl("https://h/", {.file = "a.flv"}), "https://h/a.flv");
}

}  // namespace
}  // namespace rtcroom
