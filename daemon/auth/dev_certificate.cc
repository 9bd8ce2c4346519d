#include "daemon/auth/dev_certificate.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <span>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "daemon/base/openssl_ptr.h"

namespace rtcroom {
namespace {

using std::chrono::days;

std::time_t UnixTime(TimePoint time) { return std::chrono::system_clock::to_time_t(time); }

Error OpensslFailure() { return {Errc::kInternal, "certificate: " + TakeOpensslError()}; }

bool AddExtension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const X509ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Browsers reject two certificates with the same issuer and serial number, so each new certificate
/// gets a random one.
bool SetRandomSerial(X509* certificate, RandomSource& random) {
  std::array<unsigned char, 16> number{};
  random.Fill(std::as_writable_bytes(std::span(number)));
  number[0] &= 0x7fU;  // a serial number is positive
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> serial(
      BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr));
  return serial != nullptr &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509* certificate) {
  X509_NAME* const name = X509_get_subject_name(certificate);  // owned by the certificate
  static constexpr std::array<unsigned char, 9> kName = {'l', 'o', 'c', 'a', 'l',
                                                         'h', 'o', 's', 't'};
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, kName.data(),
                                    static_cast<int>(kName.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool FillAndSign(X509* certificate, EVP_PKEY* key, RandomSource& random, TimePoint now) {
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         SetRandomSerial(certificate, random) && SetName(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), UnixTime(now - days(1))) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), UnixTime(now + days(365))) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         AddExtension(certificate, NID_key_usage, "critical,digitalSignature") &&
         AddExtension(certificate, NID_ext_key_usage, "serverAuth") &&
         AddExtension(certificate, NID_subject_alt_name,
                      "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string Content(BIO* bio) {
  char* start = nullptr;
  const long length = BIO_get_mem_data(bio, &start);
  return {start, static_cast<std::size_t>(length)};
}

}  // namespace

Result<DevCertificate> MakeDevCertificate(RandomSource& random, TimePoint now) {
  const EvpPkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return OpensslFailure();
  if (!FillAndSign(certificate.get(), key.get(), random, now)) return OpensslFailure();

  const BioPtr cert_out(BIO_new(BIO_s_mem()));
  // No secure memory: the key is written to a file beside the database anyway.
  const BioPtr key_out(BIO_new(BIO_s_mem()));
  if (cert_out == nullptr || key_out == nullptr ||
      PEM_write_bio_X509(cert_out.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return OpensslFailure();
  }
  return DevCertificate{.cert_pem = Content(cert_out.get()),
                        .key_pem = Secret(Content(key_out.get()))};
}

bool IsUsable(const DevCertificate& certificate, TimePoint now) {
  const BioPtr cert_in = ReadingBio(certificate.cert_pem);
  const BioPtr key_in = ReadingBio(certificate.key_pem.Reveal());
  const X509Ptr cert(PEM_read_bio_X509(cert_in.get(), nullptr, NoPassphrase, nullptr));
  const EvpPkeyPtr key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, NoPassphrase, nullptr));
  std::time_t starts_by = UnixTime(now);
  std::time_t ends_after = UnixTime(now + days(1));
  const bool usable = cert != nullptr && key != nullptr &&
                      X509_check_private_key(cert.get(), key.get()) == 1 &&
                      X509_cmp_time(X509_get0_notBefore(cert.get()), &starts_by) < 0 &&
                      X509_cmp_time(X509_get0_notAfter(cert.get()), &ends_after) > 0;
  ERR_clear_error();
  return usable;
}

}  // namespace rtcroom
