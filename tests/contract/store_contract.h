// Fixture of the contract tests: an empty store of the kind under test.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/core/commit_listener.h"
#include "storage/storage.h"
#include "tests/support/matchers.h"
#include "tests/support/recording_listener.h"
#include "tests/support/rooms.h"
#include "tests/support/temp_directory.h"

namespace rtcroom {

inline constexpr char kEpoch[] = "00c0ffee00c0ffee";

/// A store implementation that must satisfy the contract.
struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<Storage>(const std::string& directory, StoreLimits limits,
                                         CommitListener& listener)>
      open;
  int programs = 1;  ///< as many as write it
};
inline std::ostream& operator<<(std::ostream& out, const StoreUnderTest& store) {
  return out << store.name;
}

class StoreContract : public testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override { OpenStore({}); }

  /// Replaces the store by a new, empty one.
  void OpenStore(StoreLimits limits) {
    store_.reset();
    directory_ = std::make_unique<TempDirectory>();
    store_ = GetParam().open(directory_->path(), limits, listener_);
    ASSERT_NE(store_, nullptr);
  }

  void Create(const Room& room) { ASSERT_OK(Apply(*store_, Creating(room))); }

  /// All retained events, read in pages of `limit`.
  std::vector<StoredEvent> AllEvents(std::size_t limit = 1000) {
    std::vector<StoredEvent> events;
    Cursor cursor = Cursor::Start();
    for (;;) {
      Result<EventPage> page = store_->rooms().ReadEvents(cursor, limit);
      EXPECT_OK(page);
      if (!page || page->events.empty()) return events;
      events.insert(events.end(), page->events.begin(), page->events.end());
      cursor = page->next;
    }
  }

  std::unique_ptr<TempDirectory> directory_;
  RecordingListener listener_;
  std::unique_ptr<Storage> store_;
};

}  // namespace rtcroom
