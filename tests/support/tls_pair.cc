#include "tests/support/tls_pair.h"

#include <array>
#include <stdexcept>

#include <openssl/err.h>

namespace rtcroom {
namespace {

/// More than the flights of any handshake.
constexpr int kMaxRounds = 20;

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

void Require(bool done, const char* step) {
  if (!done) throw std::runtime_error(std::string("TLS pair: ") + step);
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unique_ptr<SSL, TlsFree> NewClient(const TlsOffer& offer) {
  const std::unique_ptr<SSL_CTX, ContextFree> context(SSL_CTX_new(TLS_client_method()));
  std::unique_ptr<SSL, TlsFree> client(SSL_new(context.get()));
  Require(client != nullptr, "client");
  Require(SSL_set_max_proto_version(client.get(), offer.version) == 1, "version");
  if (!offer.protocols.empty()) {
    Require(SSL_set_alpn_protos(client.get(), Bytes(offer.protocols),
                                static_cast<unsigned>(offer.protocols.size())) == 0,
            "protocols");
  }
  if (!offer.groups.empty()) {
    Require(SSL_set1_groups_list(client.get(), offer.groups.c_str()) == 1, "groups");
  }
  if (offer.session != nullptr) {
    Require(SSL_set_session(client.get(), offer.session) == 1, "session");
  }
  SSL_set_connect_state(client.get());
  return client;
}

/// Whether this end is done or waits for the other.
bool Step(SSL* end) {
  const int result = SSL_do_handshake(end);
  return result == 1 || SSL_get_error(end, result) == SSL_ERROR_WANT_READ;
}

}  // namespace

TlsPair::TlsPair(SSL_CTX* server, const TlsOffer& offer)
    : client_(NewClient(offer)), server_(SSL_new(server)) {
  Require(server_ != nullptr, "server");
  SSL_set_accept_state(server_.get());
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  Require(BIO_new_bio_pair(&client_end, 0, &server_end, 0) == 1, "pipe");
  SSL_set_bio(client_.get(), client_end, client_end);
  SSL_set_bio(server_.get(), server_end, server_end);
  Handshake();
}

TlsPair::~TlsPair() {
  if (connected_) SSL_shutdown(client_.get());
  ERR_clear_error();
}

void TlsPair::Handshake() {
  ERR_clear_error();
  for (int round = 0; round < kMaxRounds && !connected_; ++round) {
    const bool server_goes_on = Step(client_.get()) && Step(server_.get());
    connected_ =
        SSL_is_init_finished(client_.get()) == 1 && SSL_is_init_finished(server_.get()) == 1;
    if (server_goes_on) continue;
    ERR_clear_error();
    (void)SSL_do_handshake(client_.get());  // reads the alert
    const unsigned long error = ERR_peek_error();
    constexpr int kAlertsBegin = SSL_AD_REASON_OFFSET;
    if (ERR_GET_REASON(error) > kAlertsBegin) alert_ = ERR_GET_REASON(error) - kAlertsBegin;
    ERR_clear_error();
    return;
  }
  TakeTickets();
}

void TlsPair::TakeTickets() const {
  // TLS 1.3 sends tickets after the handshake; only a read processes them.
  char nothing = 0;
  std::size_t got = 0;
  Require(SSL_peek_ex(client_.get(), &nothing, 1, &got) != 1, "unexpected data");
  ERR_clear_error();
}

std::string TlsPair::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(client_.get(), &name, &size);
  return name == nullptr ? "" : std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsPair::certificate() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const X509* shown = SSL_get0_peer_certificate(client_.get());
  Require(shown != nullptr && X509_digest(shown, EVP_sha256(), digest.data(), &size) == 1,
          "certificate");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

TlsSession TlsPair::Session() const {
  TlsSession session(SSL_get1_session(client_.get()));
  if (session == nullptr || SSL_SESSION_is_resumable(session.get()) != 1) return nullptr;
  return session;
}

std::string TlsPair::Carry(std::string_view text) const {
  std::size_t written = 0;
  Require(SSL_write_ex(client_.get(), text.data(), text.size(), &written) == 1, "write");
  std::string received(text.size(), '\0');
  std::size_t got = 0;
  Require(SSL_read_ex(server_.get(), received.data(), received.size(), &got) == 1, "read");
  received.resize(got);
  return received;
}

}  // namespace rtcroom
