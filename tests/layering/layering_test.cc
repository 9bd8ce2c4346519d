// Applies the rules to the repository's own files.
#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/layering/include_rules.h"
#include "tests/layering/source_tree.h"

namespace rtcroom::layering {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr std::size_t kMostLines = 500;

class Layering : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = ReadCxxFiles(RTCROOM_SOURCE_DIR); }
  static void TearDownTestSuite() { files_.clear(); }

  const std::filesystem::path root_{RTCROOM_SOURCE_DIR};
  static inline std::vector<SourceFile> files_;
};

std::vector<std::string> ViolationsIn(const std::vector<SourceFile>& files, auto rule) {
  std::vector<std::string> violations;
  for (const auto& file : files) {
    std::ranges::move(rule(file), std::back_inserter(violations));
  }
  return violations;
}

TEST_F(Layering, FindsTheSourceFiles) {
  EXPECT_THAT(files_, Not(IsEmpty()));
  EXPECT_TRUE(std::ranges::binary_search(files_, "daemon/core/room.h", {}, &SourceFile::path));
}

TEST_F(Layering, EachFolderIncludesOnlyAllowedLayers) {
  EXPECT_THAT(ViolationsIn(files_, LayerViolations), IsEmpty());
}

TEST(Layers, DependOnlyOnLowerLayers) { EXPECT_THAT(UpwardRows(), IsEmpty()); }

// The first column of the table of folders.
TEST_F(Layering, EachFolderOfTheProductHasARowInTheArchitecture) {
  const auto document = ReadText(root_ / "docs" / "architecture.md");
  std::vector<std::string> missing;
  for (const auto& folder : ProductFolders()) {
    const auto parent = folder.substr(0, folder.find('/'));
    const auto named = [&](const std::string& name) {
      return document.find(fmt::format("\n| `{}` |", name)) != std::string::npos;
    };
    if (!named(folder) && !(parent != "daemon" && named(parent))) missing.push_back(folder);
  }
  EXPECT_THAT(missing, IsEmpty());
}

TEST_F(Layering, EachLibraryIsUsedOnlyInItsFolder) {
  EXPECT_THAT(ViolationsIn(files_, ConfinementViolations), IsEmpty());
}

TEST_F(Layering, TheCoreUsesNoClockOrRandomnessDirectly) {
  EXPECT_THAT(ViolationsIn(files_, PurityViolations), IsEmpty());
}

TEST_F(Layering, IncludesAreRelativeToTheRepositoryRoot) {
  const auto exists = [&](const std::string& header) {
    // The build generates a header x.h from an x.h.in in the same place.
    return std::filesystem::exists(root_ / header) ||
           std::filesystem::exists(root_ / (header + ".in"));
  };
  std::vector<std::string> strays;
  for (const auto& file : files_) {
    for (const auto& include : IncludesOf(file.text)) {
      if (!include.in_quotes || exists(std::string(include.header))) continue;
      strays.push_back(fmt::format("{}:{}: no {}", file.path, include.line, include.header));
    }
  }
  EXPECT_THAT(strays, IsEmpty());
}

TEST_F(Layering, CxxFilesEndInHOrCc) {
  std::vector<std::string> others;
  for (const auto& file : files_) {
    if (!file.path.ends_with(".h") && !file.path.ends_with(".cc")) others.push_back(file.path);
  }
  EXPECT_THAT(others, IsEmpty());
}

TEST_F(Layering, EachHeaderHasPragmaOnce) {
  std::vector<std::string> unguarded;
  for (const auto& file : files_) {
    if (!file.path.ends_with(".h")) continue;
    const auto lines = Lines(file.text);
    if (std::ranges::find(lines, "#pragma once", &NumberedLine::text) == lines.end()) {
      unguarded.push_back(file.path);
    }
  }
  EXPECT_THAT(unguarded, IsEmpty());
}

TEST_F(Layering, NoFileExceedsTheLineLimit) {
  std::vector<std::string> too_long;
  for (const auto& file : files_) {
    const auto lines = Lines(file.text).size();
    if (lines > kMostLines) too_long.push_back(fmt::format("{}: {} lines", file.path, lines));
  }
  EXPECT_THAT(too_long, IsEmpty());
}

// A source missing from all lists is not compiled, and a test missing from them does not run.
TEST_F(Layering, EachSourceIsListedInCMake) {
  const auto listed = ReadBuildList(root_);
  std::vector<std::string> forgotten;
  for (const auto& file : files_) {
    if (!file.path.ends_with(".cc")) continue;
    if (!std::ranges::binary_search(listed, file.path)) forgotten.push_back(file.path);
  }
  EXPECT_THAT(forgotten, IsEmpty());
}

// A commit whose wait for a standby is cancelled is reported as done; every wait has a deadline.
TEST_F(Layering, TheDatabaseIsNeitherAskedToCancelNorWaitedForWithoutADeadline) {
  constexpr auto kForbidden = std::to_array<std::string_view>(
      {"PQcancel", "PQgetCancel", "PQrequestCancel", "PQexec", "PQconnectdb", "PQprepare("});
  std::vector<std::string> violations;
  for (const auto& file : files_) {
    if (!file.path.starts_with("storage/postgres/")) continue;
    for (const auto name : kForbidden) {
      if (file.text.find(name) != file.text.npos) {
        violations.push_back(fmt::format("{}: {}", file.path, name));
      }
    }
  }
  EXPECT_THAT(violations, IsEmpty());
}

// Clients can choose names that collide in an unkeyed hash.
TEST_F(Layering, TablesOfTextUseTheKeyedHash) {
  const auto is_unkeyed = [](std::string_view line) {
    const auto has = [line](std::string_view text) { return line.find(text) != line.npos; };
    const bool is_table = has("unordered_map<std::string") || has("unordered_set<std::string");
    return has("std::hash<std::string") || (is_table && !has("NameHash"));
  };
  std::vector<std::string> violations;
  for (const auto& file : files_) {
    if (file.path.starts_with("tests/")) continue;
    for (const auto& line : Lines(file.text)) {
      if (is_unkeyed(line.text)) violations.push_back(fmt::format("{}:{}", file.path, line.number));
    }
  }
  EXPECT_THAT(violations, IsEmpty());
}

}  // namespace
}  // namespace rtcroom::layering
