#include "tests/unit/auth/test_keys.h"

#include <cstddef>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "daemon/base/openssl_ptr.h"

namespace rtcroom {
namespace {

std::string Content(BIO* bio) {
  char* start = nullptr;
  const long length = BIO_get_mem_data(bio, &start);
  return {start, static_cast<std::size_t>(length)};
}

std::string PublicPem(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(out.get(), key);
  return Content(out.get());
}

Secret PrivatePem(EVP_PKEY* key, const EVP_CIPHER* cipher) {
  static constexpr unsigned char kPassphrase[] = "open sesame";
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(out.get(), key, cipher, cipher == nullptr ? nullptr : kPassphrase,
                           cipher == nullptr ? 0 : sizeof(kPassphrase) - 1, nullptr, nullptr);
  return Secret(Content(out.get()));
}

}  // namespace

PemKeyPair MakeEcKeyPair(const char* curve) {
  const EvpPkeyPtr key(EVP_EC_gen(curve));
  return {PrivatePem(key.get(), nullptr), PublicPem(key.get())};
}

Secret MakeProtectedPrivatePem() {
  const EvpPkeyPtr key(EVP_EC_gen("P-256"));
  return PrivatePem(key.get(), EVP_aes_128_cbc());
}

std::string MakeRsaPublicPem() {
  const EvpPkeyPtr key(EVP_RSA_gen(1024));
  return PublicPem(key.get());
}

}  // namespace rtcroom
