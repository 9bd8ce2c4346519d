// The moment with which a store begins.
#include "storage/postgres/pg_snapshot.h"

#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "storage/postgres/pg_events.h"
#include "storage/postgres/pg_reader_pool.h"
#include "storage/postgres/pg_rooms.h"
#include "tests/unit/postgres/pg_stores_fixture.h"

namespace rtcroom {
namespace {

using PgSnapshotTest = PgStoreTest;

// The order of rooms is read page by page, and all pages belong to the position that was read
// before them.
TEST_F(PgSnapshotTest, AllItsStatementsSeeTheSameMoment) {
  const auto store = OpenPatient();
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r1"))));
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r2"))));
  PgSnapshot snapshot(*PgAddress::Parse(url_), PgReaderPool::Statements(), clock_);
  ASSERT_OK(snapshot.Begin(Soon()));
  const auto ends = pg::LoadLogEnds(snapshot.connection(), Soon());
  ASSERT_OK(ends);
  EXPECT_EQ(ends->newest, 4u);
  const auto rooms_after = [&](std::uint64_t number) {
    const auto page = pg::LoadIndex(snapshot.connection(), number, 1, Soon());
    EXPECT_OK(page);
    return page ? page->rooms.size() : 0;
  };
  EXPECT_EQ(rooms_after(0), 1u);
  ASSERT_OK(Apply(*store, Destroying(MakeKey(RoomKind::kMulti, "r2"))));
  ASSERT_OK(Apply(*store, Creating(MultiRoom("r3"))));
  EXPECT_EQ(rooms_after(1), 1u) << "r2 was there";
  EXPECT_EQ(rooms_after(3), 0u) << "r3 was not";
  EXPECT_EQ(pg::LoadLogEnds(snapshot.connection(), Soon())->newest, 4u);
}

}  // namespace
}  // namespace rtcroom
