#include "daemon/http/ticket_keys.h"

#include <algorithm>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/ssl.h>

namespace rtcroom {
namespace {

// Return values of OpenSSL's callback (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)).
constexpr int kFailed = -1;
constexpr int kNoSuchKey = 0;
constexpr int kDone = 1;
constexpr int kDoneAndRenew = 2;

// The manual of the callback requires a cipher with an IV, and a MAC with its key and digest.
bool Prepare(const TicketKeys::Key& key, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac, bool sealing) {
  char digest[] = "SHA256";
  TicketKeys::Key copy = key;  // OpenSSL's parameters are not const
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, copy.hmac.data(), copy.hmac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.aes.data(), iv,
                           sealing ? 1 : 0) == 1 &&
         EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

int Seal(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
         EVP_MAC_CTX* mac) {
  const TicketKeys::Key key = keys.Current();
  std::ranges::copy(key.name, name);
  const auto iv_bytes = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
  keys.Fill(std::as_writable_bytes(std::span(iv, iv_bytes)));
  return Prepare(key, iv, cipher, mac, /*sealing=*/true) ? kDone : kFailed;
}

int Open(TicketKeys& keys, const unsigned char* name, const unsigned char* iv,
         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const std::optional<TicketKeys::Found> found =
      keys.Find(TicketKeys::Name(name, TicketKeys::kNameBytes));
  if (!found) return kNoSuchKey;
  if (!Prepare(found->key, iv, cipher, mac, /*sealing=*/false)) return kFailed;
  return found->age == TicketKeys::Age::kCurrent ? kDone : kDoneAndRenew;
}

int OnTicket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac, int sealing) {
  auto* const keys = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  return sealing != 0 ? Seal(*keys, name, iv, cipher, mac) : Open(*keys, name, iv, cipher, mac);
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(aes.data(), aes.size());
  OPENSSL_cleanse(hmac.data(), hmac.size());
}

TicketKeys::TicketKeys(const Clock& clock, FillRandom fill)
    : clock_(clock), fill_(std::move(fill)), begun_(clock.Monotonic()), current_(MakeKey()) {}

TicketKeys::Key TicketKeys::Current() {
  const MutexLock lock(mutex_);
  RotateLocked();
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::Find(Name name) {
  const MutexLock lock(mutex_);
  RotateLocked();
  if (std::ranges::equal(current_.name, name)) return Found{.key = current_};
  if (previous_ && std::ranges::equal(previous_->name, name)) {
    return Found{.key = *previous_, .age = Age::kPrevious};
  }
  return std::nullopt;
}

bool TicketKeys::Serve(ssl_ctx_st* context) {
  return SSL_CTX_set_app_data(context, this) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_evp_cb(context, OnTicket) == 1;
}

void TicketKeys::RotateLocked() {
  const auto periods = (clock_.Monotonic() - begun_) / kPeriod;
  if (periods < 1) return;
  // After two periods or more without use, the last key is too old even to be the previous one.
  previous_ = periods == 1 ? std::optional(current_) : std::nullopt;
  current_ = MakeKey();
  begun_ += periods * kPeriod;
}

TicketKeys::Key TicketKeys::MakeKey() {
  Key key;
  fill_(std::as_writable_bytes(std::span(key.name)));
  fill_(std::as_writable_bytes(std::span(key.aes)));
  fill_(std::as_writable_bytes(std::span(key.hmac)));
  return key;
}

}  // namespace rtcroom
