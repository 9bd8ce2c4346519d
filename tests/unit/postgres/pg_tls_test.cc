// Connections over TLS.
#include <array>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/postgres/postgres_fixture.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

constexpr PgStatement kUsesTls{"tls", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"};
constexpr auto kTlsStatements = std::to_array<PgStatement>({kUsesTls, kEcho});

class PgTlsTest : public PostgresTest {
 protected:
  PgTlsTest() {
    WriteTestCertificate(directory_.path() / "good.pem", directory_.path() / "good.key");
    WriteTestCertificate(directory_.path() / "other.pem", directory_.path() / "other.key");
    server_.ServeTls(directory_.path() / "good.pem", directory_.path() / "good.key");
  }

  Secret UrlWithRoot(const std::string& certificate) const {
    return Secret(fmt::format("{}?sslmode=verify-full&sslrootcert={}", server_.Url().Reveal(),
                              (directory_.path() / certificate).string()));
  }

  const TempDirectory directory_;
  const PostgresServer server_;
};

TEST_F(PgTlsTest, CarryPipelinesLongerThanAllBuffers) {
  const auto connection = MakeConnected(UrlWithRoot("good.pem"), {.statements = kTlsStatements});
  EXPECT_OK(connection->Run(LongPipeline(), Soon()));
  Result<PgRows> tls = connection->Run(PgCall(kUsesTls), Soon());
  ASSERT_OK(tls);
  ASSERT_TRUE(tls->Next());
  EXPECT_TRUE(tls->Bool(0));
}

TEST_F(PgTlsTest, AreRefusedToAnUnknownServer) {
  const Status connected = ConnectToPostgres(*Make(UrlWithRoot("other.pem")), Soon());
  EXPECT_ERROR(kStoreBusy, connected);
  EXPECT_THAT(connected.error().detail, HasSubstr("certificate verify failed"));
}

}  // namespace
}  // namespace rtcroom
