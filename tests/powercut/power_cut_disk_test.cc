#include "tests/support/power_cut_disk.h"

#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace rtcroom {
namespace {

constexpr char kName[] = "file";

/// Content of the file; "<none>" when the file does not exist.
std::string ContentOf(const PowerCutDisk& disk) {
  const PowerCutDisk::FileRef file = disk.Find(kName);
  if (file == nullptr) return "<none>";
  std::string content(disk.Size(file).value_or(0), '\0');
  disk.Read(file, 0, content);
  return content;
}

/// The contents of `kName` observed over many cuts, each after `prepare`.
template <typename Prepare>
std::set<std::string> OutcomesOf(const PowerCutDiskOptions& options, Prepare prepare) {
  std::mt19937_64 random(1);
  std::set<std::string> outcomes;
  for (int cut = 0; cut < 4000; ++cut) {
    PowerCutDisk disk(options);
    prepare(disk);
    disk.Boot(random);
    outcomes.insert(ContentOf(disk));
  }
  return outcomes;
}

TEST(PowerCutDisk, MayLoseAnyUnsyncedWrite) {
  const auto outcomes = OutcomesOf({}, [](PowerCutDisk& disk) {
    const auto file = disk.Create(kName);
    disk.Sync(file);
    disk.Write(file, 0, "a");
    disk.Write(file, 1, "b");
  });
  EXPECT_TRUE(outcomes.contains(""));
  EXPECT_TRUE(outcomes.contains("a"));
  EXPECT_TRUE(outcomes.contains(std::string("\0b", 2)));
  EXPECT_TRUE(outcomes.contains("ab"));
}

TEST(PowerCutDisk, MayReorderWrites) {
  const auto outcomes = OutcomesOf({}, [](PowerCutDisk& disk) {
    const auto file = disk.Create(kName);
    disk.Sync(file);
    disk.Write(file, 0, "first.");
    disk.Write(file, 3, "second");
  });
  EXPECT_TRUE(outcomes.contains("firsecond"));
  EXPECT_TRUE(outcomes.contains("first.ond"));
}

TEST(PowerCutDisk, TearsWritesAtSectors) {
  const auto outcomes = OutcomesOf({.sector_size = 4}, [](PowerCutDisk& disk) {
    const auto file = disk.Create(kName);
    disk.Write(file, 0, "--------");
    disk.Sync(file);
    disk.Write(file, 0, "newwords");
  });
  EXPECT_TRUE(outcomes.contains("--------"));
  EXPECT_TRUE(outcomes.contains("newwords"));
  EXPECT_TRUE(outcomes.contains("neww----"));
  EXPECT_TRUE(outcomes.contains("----ords"));
  EXPECT_GT(outcomes.size(), 4U);  // some have garbage
}

TEST(PowerCutDisk, KeepsTheBytesAroundAPowersafeOverwrite) {
  const auto prepare = [](PowerCutDisk& disk) {
    const auto file = disk.Create(kName);
    disk.Write(file, 0, "12345678");
    disk.Sync(file);
    disk.Write(file, 2, "xx");
  };
  for (const std::string& outcome : OutcomesOf({.sector_size = 8}, prepare)) {
    EXPECT_EQ(outcome.substr(0, 2), "12");
    EXPECT_EQ(outcome.substr(4), "5678");
  }
  bool was_damaged = false;
  for (const std::string& outcome :
       OutcomesOf({.sector_size = 8, .powersafe_overwrite = false}, prepare)) {
    was_damaged = was_damaged || outcome.substr(4) != "5678";
  }
  EXPECT_TRUE(was_damaged);
}

TEST(PowerCutDisk, MayLoseANewFileUntilItIsSynced) {
  EXPECT_EQ(OutcomesOf({}, [](PowerCutDisk& disk) { disk.Create(kName); }),
            (std::set<std::string>{"", "<none>"}));
}

TEST(PowerCutDisk, MayRestoreARemovedFileUntilTheDirectoryIsSynced) {
  const auto prepare = [](PowerCutDisk& disk) {
    const auto file = disk.Create(kName);
    disk.Write(file, 0, "old");
    disk.Sync(file);
    disk.Remove(kName);
  };
  EXPECT_EQ(OutcomesOf({}, prepare), (std::set<std::string>{"old", "<none>"}));
  EXPECT_EQ(OutcomesOf({},
                       [&](PowerCutDisk& disk) {
                         prepare(disk);
                         disk.SyncDirectory();
                       }),
            std::set<std::string>{"<none>"});
}

}  // namespace
}  // namespace rtcroom
