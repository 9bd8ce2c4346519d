#include "tests/support/raw_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/support/eventually.h"
#include "tests/support/protocol_code.h"

namespace rtcroom {
namespace {

int DescriptorOf(bio_st* bio) { return static_cast<int>(BIO_get_fd(bio, nullptr)); }

[[noreturn]] void Fail(const char* what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw std::runtime_error(fmt::format("{}: {}", what, reason.data()));
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// Offset in a head at which the value of a header begins, after its colon.
std::size_t ValueOf(std::string_view name, std::string_view head) {
  const std::string start = "\r\n" + Lower(name) + ":";
  const std::size_t at = Lower(head).find(start);
  return at == std::string::npos ? at : at + start.size();
}

}  // namespace

std::string RawReply::Header(std::string_view name) const {
  const std::size_t at = ValueOf(name, head);
  if (at == std::string::npos) return {};
  std::string_view value = std::string_view(head).substr(at);
  value = value.substr(0, value.find("\r\n"));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return std::string(value);
}

bool RawReply::HasHeader(std::string_view name) const {
  return ValueOf(name, head) != std::string::npos;
}

int RawReply::code() const {
  return CodeOf(nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false));
}

std::optional<RawReply> TakeReply(std::string& received, std::string_view method) {
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1 ").size();
  const std::size_t head_end = received.find(kEndOfHead);
  if (head_end == std::string::npos) return std::nullopt;
  RawReply reply{.head = received.substr(0, head_end + kEndOfHead.size())};
  const std::size_t length =
      method == "HEAD" ? 0 : std::strtoul(reply.Header("Content-Length").c_str(), nullptr, 10);
  if (received.size() < reply.head.size() + length) return std::nullopt;
  reply.body = received.substr(reply.head.size(), length);
  received.erase(0, reply.head.size() + length);
  reply.status = std::atoi(reply.head.c_str() + kStatusAt);
  return reply;
}

void RawClient::BioDeleter::operator()(bio_st* bio) const { BIO_free_all(bio); }
void RawClient::ContextDeleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

RawClient::RawClient(const std::string& address) : bio_(BIO_new_connect(address.c_str())) {
  // An early close by the server must show in its answer, not as a signal.
  (void)std::signal(SIGPIPE, SIG_IGN);
  if (BIO_do_connect(bio_.get()) != 1) Fail("connect");
  const timeval timeout{.tv_sec = kWaitTimeout.count(), .tv_usec = 0};
  setsockopt(DescriptorOf(bio_.get()), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

RawClient::RawClient(const std::string& address, const RawTls& tls) : RawClient(address) {
  Send(tls.preface);
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(context_.get(), tls.trusted.c_str()) != 1) Fail("trusted");
  SSL_CTX_set_max_proto_version(context_.get(), tls.max_version);
  if (!tls.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), tls.ciphers.c_str());
  bio_st* secured = BIO_new_ssl(context_.get(), 1);
  bio_.reset(BIO_push(secured, bio_.release()));
  if (BIO_do_handshake(bio_.get()) != 1) Fail("handshake");
}

RawClient::~RawClient() = default;
RawClient::RawClient(RawClient&&) noexcept = default;

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::CloseWriting() { shutdown(DescriptorOf(bio_.get()), SHUT_WR); }

RawReply RawClient::Receive(std::string_view method) {
  std::optional<RawReply> reply;
  while (!(reply = TakeReply(received_, method))) {
    if (!ReadMore()) return {};
  }
  return *std::move(reply);
}

std::string RawClient::ReceiveUntil(std::string_view end) {
  std::size_t found = received_.find(end);
  while (found == std::string::npos && ReadMore()) found = received_.find(end);
  if (found == std::string::npos) return std::exchange(received_, {});
  std::string text = received_.substr(0, found + end.size());
  received_.erase(0, text.size());
  return text;
}

std::string RawClient::ReceiveBytes(std::size_t bytes) {
  while (received_.size() < bytes && ReadMore()) {
  }
  std::string text = received_.substr(0, bytes);
  received_.erase(0, text.size());
  return text;
}

std::string RawClient::ReceiveAll() {
  while (ReadMore()) {
  }
  return std::exchange(received_, {});
}

bool RawClient::IsReadable() const {
  if (!received_.empty() || BIO_pending(bio_.get()) > 0) return true;
  pollfd entry{.fd = DescriptorOf(bio_.get()), .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 0) > 0;
}

bool RawClient::ReadMore() {
  std::array<char, 4096> bytes{};
  const int got = BIO_read(bio_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (got <= 0) return false;
  received_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string RawPost(std::string_view target, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{}\r\n{}",
                     target, body.size(), headers, body);
}

}  // namespace rtcroom
