#include "tests/support/test_certificate.h"

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace rtcroom {
namespace {

constexpr long kX509Version3 = 2;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

template <typename Outcome>
Outcome Require(Outcome outcome, const char* step) {
  if (!outcome) throw std::runtime_error(std::string("test certificate: ") + step);
  return outcome;
}

void AddExtension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(
      Require(X509V3_EXT_conf_nid(nullptr, &context, id, value), "extension"));
  Require(X509_add_ext(certificate, extension.get(), -1), "adding the extension");
}

void AddCommonName(X509_NAME* name, const std::string& common) {
  const auto* const text = reinterpret_cast<const unsigned char*>(common.c_str());
  Require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0), "name");
}

Owned<X509> SelfSigned(EVP_PKEY* key, const CertificateNames& names, const CertificateLife& life) {
  Owned<X509> certificate(Require(X509_new(), "allocation"));
  X509_set_version(certificate.get(), kX509Version3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()),
                  std::chrono::seconds(life.begins).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds(life.ends).count());
  X509_set_pubkey(certificate.get(), key);

  AddCommonName(X509_get_subject_name(certificate.get()), names.common);
  AddCommonName(X509_get_issuer_name(certificate.get()),
                names.issuer.empty() ? names.common : names.issuer);
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (!names.alternative.empty()) {
    AddExtension(certificate.get(), NID_subject_alt_name, names.alternative.c_str());
  }
  Require(X509_sign(certificate.get(), key, EVP_sha256()), "signing");
  return certificate;
}

Owned<std::FILE> Open(const std::filesystem::path& file) {
  return Owned<std::FILE>(Require(std::fopen(file.c_str(), "wb"), "opening the file"));
}

}  // namespace

void WriteTestCertificate(const std::filesystem::path& certificate,
                          const std::filesystem::path& key, const CertificateNames& names,
                          const CertificateLife& life) {
  const Owned<EVP_PKEY> pair(Require(EVP_EC_gen("P-256"), "key"));
  const Owned<X509> signed_certificate = SelfSigned(pair.get(), names, life);
  Require(PEM_write_X509(Open(certificate).get(), signed_certificate.get()), "writing");
  Require(PEM_write_PrivateKey(Open(key).get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr),
          "writing the key");
}

}  // namespace rtcroom
