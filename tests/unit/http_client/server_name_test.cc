#include "daemon/http_client/server_name.h"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

struct FreeChecked {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* verification) const { X509_STORE_CTX_free(verification); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <typename T>
using Checked = std::unique_ptr<T, FreeChecked>;

/// The verification result of a connection to `host` for a server certificate with `names`, signed
/// by a trusted authority.
int Verified(const std::string& host, const CertificateNames& names) {
  const TempDirectory directory;
  const std::string pem = (directory.path() / "cert.pem").string();
  WriteTestCertificate(pem, directory.path() / "key.pem", names);
  const Checked<std::FILE> file(std::fopen(pem.c_str(), "rb"));
  const Checked<X509> certificate(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  const Checked<X509_STORE> trusted(X509_STORE_new());
  X509_STORE_add_cert(trusted.get(), certificate.get());

  const Checked<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  RequireServerName(context.get(), host);
  const Checked<X509_STORE_CTX> verification(X509_STORE_CTX_new());
  X509_STORE_CTX_init(verification.get(), trusted.get(), certificate.get(), nullptr);
  // As a connection inherits the requirements of its context.
  X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(verification.get()),
                         SSL_CTX_get0_param(context.get()));
  X509_verify_cert(verification.get());
  return X509_STORE_CTX_get_error(verification.get());
}

TEST(ServerName, MatchesADnsNameOfTheCertificate) {
  EXPECT_EQ(Verified("im.test", {.alternative = "DNS:other.test,DNS:im.test"}), X509_V_OK);
  EXPECT_EQ(Verified("IM.test", {.alternative = "DNS:im.TEST"}), X509_V_OK);
  EXPECT_EQ(Verified("im.test", {.alternative = "DNS:other.test"}), X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST(ServerName, NeverMatchesTheCommonName) {
  EXPECT_EQ(Verified("im.test", {.common = "im.test", .alternative = ""}),
            X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(Verified("im.test", {.common = "im.test", .alternative = "DNS:other.test"}),
            X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(Verified("127.0.0.1", {.common = "127.0.0.1", .alternative = ""}),
            X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST(ServerName, MatchesAWildcardThatStandsForOneLabel) {
  EXPECT_EQ(Verified("im.rtc.test", {.alternative = "DNS:*.rtc.test"}), X509_V_OK);
  for (const char* other : {"rtc.test", "a.im.rtc.test", "im.other.test"}) {
    EXPECT_EQ(Verified(other, {.alternative = "DNS:*.rtc.test"}), X509_V_ERR_HOSTNAME_MISMATCH)
        << other;
  }
  EXPECT_EQ(Verified("im.rtc.test", {.alternative = "DNS:i*.rtc.test"}),
            X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST(ServerName, MatchesAnAddressOfTheCertificate) {
  EXPECT_EQ(Verified("127.0.0.1", {.alternative = "IP:127.0.0.1"}), X509_V_OK);
  EXPECT_EQ(Verified("2001:db8::1", {.alternative = "IP:2001:DB8:0::1"}), X509_V_OK);
  EXPECT_EQ(Verified("127.0.0.1", {.alternative = "IP:127.0.0.2"}), X509_V_ERR_IP_ADDRESS_MISMATCH);
  EXPECT_EQ(Verified("127.0.0.1", {.alternative = "DNS:127.0.0.1"}),
            X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST(ServerName, IsRejectedIfEmptyOrContainingNul) {
  const Checked<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  EXPECT_THROW(RequireServerName(context.get(), ""), std::runtime_error);
  EXPECT_THROW(RequireServerName(context.get(), std::string("im.test\0.other.test", 19)),
               std::runtime_error);
}

}  // namespace
}  // namespace rtcroom
