#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

#include "daemon/http/tls_context.h"
#include "daemon/http/tls_settings.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"
#include "tests/unit/http/edge_fixture.h"

namespace rtcroom {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TlsServer : public EdgeTest {
 protected:
  void SetUp() override { WriteTestCertificate(cert_, key_); }

  void ServeTls() {
    ASSERT_OK(settings_.Reload(cert_, key_));
    Serve(Describe,
          {.tls = [this] { return settings_.Current(); }, .connections = {.max_body_bytes = 1000}});
  }
  /// The reason why the server does not start with these files; empty when it does.
  static std::string LoadError(const std::string& cert, const std::string& key) {
    const Result<TlsContext> loaded = LoadTlsContext(cert, key);
    return loaded ? "" : loaded.error().detail;
  }
  std::string Broken() {
    const std::filesystem::path path = directory_.path() / "broken.pem";
    std::ofstream(path) << "-----BEGIN CERTIFICATE-----\nnot base64!\n";
    return path;
  }

  const TempDirectory directory_;
  const std::filesystem::path cert_ = directory_.path() / "cert.pem";
  const std::filesystem::path key_ = directory_.path() / "key.pem";
  TlsSettings settings_{clock_, [](std::span<std::byte> out) {
                          std::ranges::fill(out, std::byte{7});  // the test has no secrets
                        }};
};

TEST_F(TlsServer, AnswersHttpWithoutTlsInItsTerms) {
  ServeTls();
  for (const std::string& request :
       {RawPost("/x", "text"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
    RawClient client(address());
    client.Send(request);
    const RawReply reply = client.Receive();
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(reply.Header("Connection"), "close");
    EXPECT_EQ(client.ReceiveAll(), "") << "closed";
    EXPECT_EQ(handler_->refused().back(), std::pair(400, std::string(kPlainHttpReason)));
  }
  RawClient other(address());
  other.Send("SSH-2.0-x\r\n");
  EXPECT_EQ(other.ReceiveAll().find("HTTP"), std::string::npos) << "another protocol";
  RawClient honest(address(), {.trusted = cert_});
  honest.Send(RawPost("/x", "after"));
  EXPECT_EQ(honest.Receive().status, 200);
}

TEST_F(TlsServer, AnswersManyRequestsOnOneConnection) {
  ServeTls();
  RawClient client(address(), {.trusted = cert_});
  for (int i = 0; i < 100; ++i) {
    client.Send(RawPost("/x", std::to_string(i)));
    const RawReply reply = client.Receive();
    ASSERT_EQ(reply.status, 200);
    ASSERT_THAT(reply.body, HasSubstr("from 127.0.0.1 as : " + std::to_string(i)));
  }
}

TEST_F(TlsServer, RefusesALargeBodyWith413) {
  ServeTls();
  RawClient client(address(), {.trusted = cert_});
  client.Send(RawPost("/x", std::string(300'000, 'b')));
  const RawReply reply = client.Receive();
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr(R"("code":1)"));
}

TEST_F(TlsServer, SupportsTls12WithForwardSecrecyOnly) {
  ServeTls();
  RawClient client(address(), {.trusted = cert_, .max_version = TLS1_2_VERSION});
  client.Send(RawPost("/x", ""));
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_THROW(RawClient(address(), {.trusted = cert_,
                                     .max_version = TLS1_2_VERSION,
                                     .ciphers = "AES128-GCM-SHA256:AES256-SHA256"}),
               std::runtime_error);
}

TEST_F(TlsServer, RejectsVersionsBeforeTls12) {
  ServeTls();
  EXPECT_THROW(
      RawClient(address(),
                {.trusted = cert_, .max_version = TLS1_1_VERSION, .ciphers = "ALL:@SECLEVEL=0"}),
      std::runtime_error);
}

TEST_F(TlsServer, NamesAMissingFile) {
  EXPECT_THAT(LoadError("/nowhere/cert.pem", key_),
              AllOf(HasSubstr("/nowhere/cert.pem"), HasSubstr("No such file")));
  EXPECT_THAT(LoadError(cert_, "/nowhere/key.pem"),
              AllOf(HasSubstr("/nowhere/key.pem"), HasSubstr("No such file")));
  EXPECT_THAT(LoadError(cert_, ""), HasSubstr("key"));
}

TEST_F(TlsServer, NamesAnInvalidFile) {
  EXPECT_THAT(LoadError(Broken(), key_), HasSubstr("broken.pem: not a readable PEM certificate"));
  EXPECT_THAT(LoadError(cert_, Broken()), HasSubstr("broken.pem: not a readable unencrypted"));
  EXPECT_THAT(LoadError(key_, key_), HasSubstr("key.pem: not a readable PEM certificate"));
}

TEST_F(TlsServer, NamesAKeyOfAnotherCertificate) {
  const std::filesystem::path other_key = directory_.path() / "other.pem";
  WriteTestCertificate(directory_.path() / "other-cert.pem", other_key);
  EXPECT_THAT(LoadError(cert_, other_key),
              AllOf(HasSubstr("other.pem: not the key of"), HasSubstr("cert.pem")));
}

TEST_F(TlsServer, NamesAKeyOfAnotherKindThanTheCertificate) {
  const std::filesystem::path rsa_key = directory_.path() / "rsa.pem";
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(rsa_key.c_str(), "w"),
                                                           BIO_free_all);
  ASSERT_EQ(PEM_write_bio_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
            1);
  ASSERT_EQ(BIO_flush(file.get()), 1);
  EXPECT_THAT(LoadError(cert_, rsa_key), HasSubstr("not the key of the certificate"));
}

TEST_F(TlsServer, EndsAHandshakeThatTakesTooLong) {
  ServeTls();
  RawClient silent(address());
  silent.Send("\x16\x03\x01");  // the beginning of a ClientHello
  ASSERT_TRUE(Eventually([&] {
    clock_.Advance(std::chrono::seconds(1));
    return silent.IsReadable();
  }));
  EXPECT_EQ(silent.ReceiveAll(), "");
  EXPECT_THAT(Refusals(), testing::ElementsAre(RefusalCause::kHandshakeTimeout));
}

}  // namespace
}  // namespace rtcroom
