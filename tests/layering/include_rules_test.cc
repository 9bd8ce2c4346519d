// Shows that the checks of this folder detect violations. The snippets keep their #include away
// from the start of a line; otherwise the checks would apply to this file.
#include "tests/layering/include_rules.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/layering/source_tree.h"

namespace rtcroom::layering {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SourceFile Including(std::string path, const std::string& what) {
  return {.path = std::move(path), .text = "#include " + what + "\n"};
}

TEST(IncludesOf, FindsEachWithItsLineAndItsQuotes) {
  const auto includes =
      IncludesOf("#include <vector>\n\n  #  include \"daemon/core/ids.h\"  // x\n");
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].line, 1);
  EXPECT_EQ(includes[0].header, "vector");
  EXPECT_FALSE(includes[0].in_quotes);
  EXPECT_EQ(includes[1].line, 3);
  EXPECT_EQ(includes[1].header, "daemon/core/ids.h");
  EXPECT_TRUE(includes[1].in_quotes);
}

TEST(IncludesOf, IgnoresComments) {
  EXPECT_THAT(IncludesOf("// #include <vector>\n/* #include <map> */\n"), IsEmpty());
}

TEST(LayerViolations, NameFileLineAndInclude) {
  const SourceFile file{.path = "daemon/core/room.cc",
                        .text = "// A room.\n#include <vector>\n#include <sqlite3.h>\n"};
  EXPECT_THAT(LayerViolations(file),
              ElementsAre("daemon/core/room.cc:3: daemon/core/ may not include <sqlite3.h>"));
}

struct IncludeCase {
  std::string path;
  std::string include;
};
void PrintTo(const IncludeCase& param, std::ostream* out) {
  *out << param.path << " including " << param.include;
}

class ForbiddenInclude : public testing::TestWithParam<IncludeCase> {};

TEST_P(ForbiddenInclude, IsDetected) {
  EXPECT_THAT(LayerViolations(Including(GetParam().path, GetParam().include)),
              ElementsAre(HasSubstr(GetParam().path + ":1: ")));
}

INSTANTIATE_TEST_SUITE_P(
    LayerViolations, ForbiddenInclude,
    testing::Values(IncludeCase{"daemon/base/mutex.h", "\"daemon/core/ids.h\""},
                    IncludeCase{"daemon/base/mutex.h", "<boost/asio.hpp>"},
                    IncludeCase{"daemon/core/room.h", "\"daemon/base/system_clock.h\""},
                    IncludeCase{"daemon/core/room.h", "\"storage/sqlite/sqlite_store.h\""},
                    IncludeCase{"daemon/core/room.h", "\"handlers/request.h\""},
                    IncludeCase{"daemon/core/room.h", "<nlohmann/json.hpp>"},
                    IncludeCase{"daemon/core/room.h", "<openssl/evp.h>"},
                    IncludeCase{"daemon/core/room.h", "<fstream>"},
                    IncludeCase{"daemon/core/room.h", "<sys/socket.h>"},
                    IncludeCase{"storage/postgres/pg_store.cc", "<sqlite3.h>"},
                    IncludeCase{"storage/sqlite/db.h", "\"storage/postgres/pg_store.h\""},
                    IncludeCase{"storage/sqlite/db.h", "\"handlers/request.h\""},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc",
                                "\"storage/sqlite/sqlite_store.h\""},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc", "\"daemon/config/config.h\""},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc", "<httplib.h>"},
                    IncludeCase{"handlers/rooms/router.h", "\"daemon/http/connection.h\""},
                    IncludeCase{"daemon/http/connection.cc", "\"handlers/rooms/router.h\""},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc", "<rtcroom/v1/room.pb.h>"},
                    IncludeCase{"daemon/core/room.h", "<grpcpp/grpcpp.h>"},
                    IncludeCase{"daemon/http/connection.cc", "\"storage/sqlite/db.h\""},
                    IncludeCase{"daemon/http/connection.cc", "\"daemon/process/app.h\""},
                    IncludeCase{"daemon/process/app.cc", "\"tests/support/fake_clock.h\""},
                    IncludeCase{"daemon/process/app.cc", "<gtest/gtest.h>"},
                    IncludeCase{"daemon/process/app.cc", "<unheard_of/library.h>"},
                    IncludeCase{"daemon/new_folder/x.cc", "<unheard_of.h>"},
                    IncludeCase{"proto/x.cc", "<vector>"}));

INSTANTIATE_TEST_SUITE_P(Bypasses, ForbiddenInclude,
                         testing::Values(IncludeCase{"daemon/core/room.h",
                                                     "\"daemon/core/../../handlers/request.h\""},
                                         IncludeCase{"daemon/core/room.h", "\"sqlite3.h\""},
                                         IncludeCase{"daemon/core/room.h", "\"ids.h\""},
                                         IncludeCase{"daemon/core/room.h", "<daemon/core/ids.h>"},
                                         IncludeCase{"daemon/core/room.h", "SOME_MACRO"}));

class AllowedInclude : public testing::TestWithParam<IncludeCase> {};

TEST_P(AllowedInclude, IsAccepted) {
  const auto file = Including(GetParam().path, GetParam().include);
  EXPECT_THAT(LayerViolations(file), IsEmpty());
  EXPECT_THAT(ConfinementViolations(file), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    LayerViolations, AllowedInclude,
    testing::Values(IncludeCase{"daemon/base/logger.cc", "<spdlog/spdlog.h>"},
                    IncludeCase{"daemon/core/room.h", "\"daemon/base/mutex.h\""},
                    IncludeCase{"daemon/core/room.h", "<fmt/format.h>"},
                    IncludeCase{"daemon/core/room.h", "<string_view>"},
                    IncludeCase{"storage/sqlite/db.cc", "<sqlite3.h>"},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc", "\"daemon/core/room.h\""},
                    IncludeCase{"handlers/rooms/endpoint_spec.cc", "<nlohmann/json.hpp>"},
                    IncludeCase{"handlers/rooms/router.h", "\"daemon/http/message.h\""},
                    IncludeCase{"daemon/http/web_socket.cc", "<wslay/wslay.h>"},
                    IncludeCase{"daemon/http_client/outgoing_client.cc", "<httplib.h>"},
                    IncludeCase{"daemon/process/app.cc", "\"storage/sqlite/sqlite_store.h\""},
                    IncludeCase{"daemon/process/app.cc", "<sys/resource.h>"},
                    IncludeCase{"daemon/grpc/watch_hub.cc", "<grpcpp/grpcpp.h>"},
                    IncludeCase{"daemon/grpc/watch_hub.cc", "<rtcroom/v1/room.pb.h>"},
                    IncludeCase{"tests/unit/core/room_rules_test.cc", "<gtest/gtest.h>"}));

class StrayLibrary : public testing::TestWithParam<IncludeCase> {};

TEST_P(StrayLibrary, IsDetected) {
  EXPECT_THAT(ConfinementViolations(Including(GetParam().path, GetParam().include)),
              ElementsAre(HasSubstr(GetParam().path + ":1: " + GetParam().include)));
}

INSTANTIATE_TEST_SUITE_P(
    ConfinementViolations, StrayLibrary,
    testing::Values(IncludeCase{"daemon/process/app.cc", "<httplib.h>"},
                    IncludeCase{"daemon/http/connection.cc", "<httplib.h>"},
                    IncludeCase{"daemon/http/connection.cc", "<wslay/wslay.h>"},
                    IncludeCase{"tests/e2e/serve_test.cc", "<httplib.h>"},
                    IncludeCase{"daemon/base/logger.h", "<spdlog/spdlog.h>"},
                    IncludeCase{"daemon/process/app.cc", "<spdlog/spdlog.h>"},
                    IncludeCase{"daemon/process/app.cc", "<sqlite3.h>"},
                    IncludeCase{"daemon/process/app.cc", "<nlohmann/json.hpp>"},
                    IncludeCase{"daemon/process/app.cc", "<grpcpp/grpcpp.h>"},
                    IncludeCase{"daemon/im/im_rest.cc", "<rtcroom/v1/room.pb.h>"},
                    IncludeCase{"daemon/process/app.cc", "<toml++/toml.h>"}));

TEST(PurityViolations, DetectClockUseInTheCore) {
  const SourceFile file{.path = "daemon/core/lease_table.cc",
                        .text = "\nauto now = std::chrono::steady_clock::now();\n"};
  EXPECT_THAT(PurityViolations(file), ElementsAre(HasSubstr("lease_table.cc:2: ")));
}

TEST(PurityViolations, AllowClockUseInTheDaemon) {
  const SourceFile file{.path = "daemon/base/system_clock.h",
                        .text = "auto now = std::chrono::steady_clock::now();\n"};
  EXPECT_THAT(PurityViolations(file), IsEmpty());
}

TEST(FilesNamedBy, AreCountedFromTheRepositoryRoot) {
  EXPECT_THAT(FilesNamedBy("add_library(x STATIC\n  a.cc memory/b.cc) # c.cc\n", "storage"),
              ElementsAre("storage/a.cc", "storage/memory/b.cc"));
  EXPECT_THAT(FilesNamedBy("x(SOURCES ../other.cc ${CMAKE_SOURCE_DIR}/daemon/d.cc)", "tests/unit"),
              ElementsAre("tests/other.cc", "daemon/d.cc"));
}

TEST(Lines, AreCountedFromOneWithAndWithoutALastNewline) {
  EXPECT_EQ(Lines("").size(), 0u);
  EXPECT_EQ(Lines("a\nb").size(), 2u);
  EXPECT_EQ(Lines("a\nb\n").size(), 2u);
  EXPECT_EQ(Lines("a\n\nb").back().number, 3);
}

}  // namespace
}  // namespace rtcroom::layering
