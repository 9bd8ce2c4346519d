#include "daemon/config/store_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/config/config_value.h"
#include "tests/support/temp_directory.h"
#include "tests/unit/config/config_fixture.h"

namespace rtcroom {
namespace {

using testing::PrintToString;

TEST(StoreUrl, IsShownInFullUnlessItIsADatabase) {
  EXPECT_EQ(PrintToString(StoreUrl("sqlite:rtcroomd.db")), "sqlite:rtcroomd.db");
  EXPECT_EQ(PrintToString(StoreUrl("memory:")), "memory:");
  EXPECT_EQ(PrintToString(StoreUrl("postgresql://rooms:hunter2@db/rooms")), "postgresql://***");
  EXPECT_EQ(PrintToString(StoreUrl("postgres://db/rooms")), "postgresql://***");
}

TEST(StoreUrl, IsWrittenAsItIsShown) {
  EXPECT_EQ(WriteValue(StoreUrlRule{}, StoreUrl("memory:")), "\"memory:\"");
  EXPECT_EQ(WriteValue(StoreUrlRule{}, StoreUrl("postgres://u:p@h/d")), "\"postgresql://***\"");
}

TEST(StoreUrl, HasAPasswordAfterTheUserOrAsAParameter) {
  for (const char* text : {"postgresql://rooms:hunter2@a,b:5433/rooms", "postgres://:hunter2@db",
                           "postgresql://db/rooms?user=rooms&password=hunter2",
                           "postgresql://db/rooms?sslpassword=hunter2"}) {
    EXPECT_TRUE(StoreUrl(text).HasPassword()) << text;
  }
  for (const char* text :
       {"sqlite:rtcroomd.db", "memory:", "postgresql://", "postgresql://rooms@db:5432/rooms",
        "postgresql://db:5432,db:5433/rooms", "postgresql://rooms:@db", "postgresql://[::1]:5432/d",
        "postgresql://db/rooms?passfile=/etc/pgpass&password="}) {
    EXPECT_FALSE(StoreUrl(text).HasPassword()) << text;
  }
}

TEST(StoreUrl, MayBeInAFileThatAVariableNames) {
  const TempDirectory directory;
  const std::string file = (directory.path() / "url").string();
  WriteFile(file, "postgresql://rooms:hunter2@db/rooms\n");
  const ConfigOutcome outcome = LoadEnvironment({{"RTCROOMD_STORE_URL_FILE", file}});
  EXPECT_EQ(outcome.config.store.url.Reveal(), "postgresql://rooms:hunter2@db/rooms");
}

}  // namespace
}  // namespace rtcroom
