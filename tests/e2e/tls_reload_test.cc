// A certificate is replaced while phones are connected.
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/room_calls.h"
#include "tests/support/raw_client.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

using testing::HasSubstr;

std::string Heartbeat() {
  return RawPost("/weapp/double_room/pusher_heartbeat", MemberBody("r1", "u1").dump());
}

TEST(CertificateReload, AppliesACertificateWithoutDroppingConnections) {
  ServerProcess server;
  const TempDirectory directory;
  const std::filesystem::path old_certificate = directory.path() / "old.pem";
  std::filesystem::copy_file(server.certificate(), old_certificate);
  ASSERT_EQ(server.Https().Call("double_room", "create_room", CreateBody("u1", "r1")).code(), kOk);
  RawClient connected(server.AddressOf("https"), {.trusted = old_certificate});

  WriteTestCertificate(server.certificate(), server.certificate_key());
  server.Signal(SIGHUP);
  ASSERT_TRUE(server.WaitForLog(R"("event":"reloaded")"));

  connected.Send(Heartbeat());
  EXPECT_EQ(connected.Receive().code(), kOk) << "an open connection keeps the old certificate";
  EXPECT_THROW(RawClient(server.AddressOf("https"), {.trusted = old_certificate}),
               std::runtime_error);
  RawClient fresh(server.AddressOf("https"), {.trusted = server.certificate()});
  fresh.Send(Heartbeat());
  EXPECT_EQ(fresh.Receive().code(), kOk);
}

TEST(CertificateReload, KeepsTheOldCertificateIfTheNewOneIsInvalid) {
  ServerProcess server;
  const TempDirectory directory;
  const std::filesystem::path old_certificate = directory.path() / "old.pem";
  std::filesystem::copy_file(server.certificate(), old_certificate);
  // A key that does not belong to the certificate.
  WriteTestCertificate(directory.path() / "other.pem", server.certificate_key());
  server.Signal(SIGHUP);
  ASSERT_TRUE(server.WaitForLog(R"("event":"reload_refused")"));
  RawClient client(server.AddressOf("https"), {.trusted = old_certificate});
  client.Send(RawPost("/weapp/double_room/get_room_list", R"({"index":0,"cnt":1})"));
  EXPECT_EQ(client.Receive().code(), kOk);
}

TEST(CertificateReload, KeepsTheOldCertificateIfTheNewOneHasExpired) {
  ServerProcess server;
  const TempDirectory directory;
  const std::filesystem::path old_certificate = directory.path() / "old.pem";
  std::filesystem::copy_file(server.certificate(), old_certificate);
  WriteTestCertificate(server.certificate(), server.certificate_key(), {},
                       {.begins = std::chrono::hours(-48), .ends = std::chrono::hours(-24)});
  server.Signal(SIGHUP);
  ASSERT_TRUE(server.WaitForLog(R"("event":"certificate_refused")"));
  const RawClient client(server.AddressOf("https"), {.trusted = old_certificate});

  ASSERT_EQ(server.Terminate(), 0);
  const std::size_t before = server.Log().size();
  server.Start();
  EXPECT_THAT(server.Log().substr(before),
              HasSubstr(R"("event":"configuration","key":"server.tls_cert","what":"expired at )"));
}

}  // namespace
}  // namespace rtcroom
