// Hash tables with client-chosen keys must perform with the worst possible keys.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/base/sip_hash.h"
#include "daemon/core/ban_list.h"
#include "daemon/core/lease_table.h"
#include "tests/support/colliding_names.h"

namespace rtcroom {
namespace {

constexpr std::size_t kNames = 2'000;
/// With as many buckets as entries, filled at random, the fullest has about eight.
constexpr std::size_t kMostInABucket = 20;

class HashCollisions : public testing::Test {
 protected:
  static void SetUpTestSuite() { names_ = CollidingNames(kNames); }
  static void TearDownTestSuite() { names_.clear(); }

  template <typename Key, typename Hash, typename MakeKey>
  static std::size_t LongestBucket(MakeKey make_key) {
    std::unordered_set<Key, Hash> table;
    for (const std::string& name : names_) table.insert(make_key(name));
    EXPECT_EQ(table.size(), kNames);
    std::size_t longest = 0;
    for (std::size_t bucket = 0; bucket < table.bucket_count(); ++bucket) {
      longest = std::max(longest, table.bucket_size(bucket));
    }
    return longest;
  }

  static inline std::vector<std::string> names_;
};

TEST_F(HashCollisions, ShareABucketUnderStdHash) {
  const auto same = [](const std::string& name) { return name; };
  EXPECT_EQ((LongestBucket<std::string, std::hash<std::string>>(same)), kNames);
}

TEST_F(HashCollisions, AreDistributedInATableOfNames) {
  const auto same = [](const std::string& name) { return std::string_view(name); };
  EXPECT_LE((LongestBucket<std::string_view, NameHash>(same)), kMostInABucket);
}

TEST_F(HashCollisions, AreDistributedInATableOfRooms) {
  const auto room = [](const std::string& name) { return RoomId{name}; };
  EXPECT_LE((LongestBucket<RoomId, std::hash<RoomId>>(room)), kMostInABucket);
}

TEST_F(HashCollisions, AreDistributedInTheLeaseTable) {
  using Member = LeaseTable::Member;
  const auto room = [](const std::string& name) {
    return Member{.kind = RoomKind::kMulti, .room_id = name, .user_id = "amy"};
  };
  const auto user = [](const std::string& name) {
    return Member{.kind = RoomKind::kMulti, .room_id = "r1", .user_id = name};
  };
  EXPECT_LE((LongestBucket<Member, LeaseTable::MemberHash>(room)), kMostInABucket);
  EXPECT_LE((LongestBucket<Member, LeaseTable::MemberHash>(user)), kMostInABucket);
}

TEST_F(HashCollisions, AreDistributedInTheBanList) {
  const auto banned = [](const std::string& name) {
    return BanList::Banned{.kind = RoomKind::kMulti, .user_id = {name}};
  };
  EXPECT_LE((LongestBucket<BanList::Banned, BanList::BannedHash>(banned)), kMostInABucket);
}

TEST(NameHash, DistinguishesPairsWithTheSameConcatenation) {
  const NameHash hash;
  EXPECT_NE(hash("ab", "c"), hash("a", "bc"));
  EXPECT_NE(hash("ab", "cd"), hash("cd", "ab"));
  EXPECT_EQ(hash("ab", "cd"), hash("ab", "cd"));
}

}  // namespace
}  // namespace rtcroom
