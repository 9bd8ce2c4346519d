#include "daemon/http_client/outgoing_http.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>

#include "daemon/auth/dev_certificate.h"
#include "daemon/base/openssl_ptr.h"
#include "daemon/base/system_clock.h"
#include "daemon/base/system_random.h"
#include "tests/support/eventually.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/matchers.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

/// For waits that are expected to time out.
constexpr milliseconds kShort{200};

/// Accepts connections sequentially and handles each with a function of the test.
class StandInServer {
 public:
  using Serve = std::function<void(std::stop_token, const LoopbackSocket&)>;

  explicit StandInServer(Serve serve)
      : thread_([this, serve = std::move(serve)](const std::stop_token& stop) {
          for (;;) {
            const LoopbackSocket client = listener_.Accept();
            if (!client.valid()) return;
            serve(stop, client);
          }
        }) {}
  ~StandInServer() {
    thread_.request_stop();
    listener_.ShutDown();
  }
  StandInServer(const StandInServer&) = delete;
  StandInServer& operator=(const StandInServer&) = delete;

  [[nodiscard]] std::string Url() const {
    return fmt::format("http://127.0.0.1:{}", listener_.Port());
  }

 private:
  const LoopbackSocket listener_ = LoopbackSocket::Listen();
  std::jthread thread_;  // last: it uses the listener
};

/// Reads a request and replies with these bytes.
StandInServer::Serve Answering(std::string bytes, std::string* head = nullptr) {
  return [bytes = std::move(bytes), head](const std::stop_token&, const LoopbackSocket& client) {
    const std::string received = client.ReceiveUntil("\r\n\r\n");
    if (head != nullptr) *head = received;
    client.Send(bytes);
  };
}

std::string Answer(const std::string& status, const std::string& body,
                   const std::string& headers = "") {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(),
                     body);
}

class OutgoingCalls : public testing::Test {
 protected:
  const SystemClock clock_;
  HttplibOutgoing http_{clock_};
};

TEST_F(OutgoingCalls, ReturnsStatusAndBodyOfAnyAnswer) {
  for (const auto& [line, status] :
       std::vector<std::pair<std::string, int>>{{"200 OK", 200}, {"500 Oh", 500}}) {
    const StandInServer server(Answering(Answer(line, "hello", "Content-Type: text/odd\r\n")));
    const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
    ASSERT_OK(reply);
    EXPECT_EQ(reply->status, status);
    EXPECT_EQ(reply->body, "hello");
  }
}

TEST_F(OutgoingCalls, SendsPathAndQueryUnchanged) {
  std::string head;
  {
    const StandInServer server(Answering(Answer("200 OK", ""), &head));
    ASSERT_OK(http_.Get(server.Url(), "/a/b?c=%2F%20%26&d=+", kWaitTimeout));
  }
  EXPECT_TRUE(head.starts_with("GET /a/b?c=%2F%20%26&d=+ HTTP/1.1\r\n")) << head;
  EXPECT_THAT(head, HasSubstr("Accept-Encoding: identity\r\n"));
}

TEST_F(OutgoingCalls, AppendsThePathToTheBase) {
  std::string head;
  {
    const StandInServer server(Answering(Answer("200 OK", ""), &head));
    ASSERT_OK(http_.Get(server.Url() + "/base/", "/a", kWaitTimeout));
  }
  EXPECT_TRUE(head.starts_with("GET /base/a HTTP/1.1\r\n")) << head;
}

TEST_F(OutgoingCalls, FollowsNoRedirect) {
  const StandInServer server(
      Answering(Answer("302 Found", "", "Location: http://127.0.0.1:1/\r\n")));
  const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
  ASSERT_OK(reply);
  EXPECT_EQ(reply->status, 302);
}

TEST_F(OutgoingCalls, AcceptsABodyUpToTheBound) {
  const std::string most(kMaxOutgoingReplyBytes, 'x');
  {
    const StandInServer server(Answering(Answer("200 OK", most)));
    const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
    ASSERT_OK(reply);
    EXPECT_EQ(reply->body, most);
  }
  const StandInServer server(Answering(Answer("200 OK", most + "x")));
  const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
  EXPECT_ERROR(kUnavailable, reply);
  EXPECT_EQ(reply.error().detail, "outgoing call: the answer is too long");
}

TEST_F(OutgoingCalls, RefusesAnEndlessBodyWithoutALength) {
  const StandInServer server([](const std::stop_token&, const LoopbackSocket& client) {
    (void)client.ReceiveUntil("\r\n\r\n");
    client.Send("HTTP/1.1 200 OK\r\n\r\n");
    for (int piece = 0; piece < 1000; ++piece) client.Send(std::string(1024, 'x'));
  });
  EXPECT_ERROR(kUnavailable, http_.Get(server.Url(), "/", kWaitTimeout));
}

TEST_F(OutgoingCalls, IsUnreachableWithoutAListener) {
  const LoopbackSocket bound = LoopbackSocket::Bind();  // so that no other program listens there
  const std::string url = fmt::format("http://127.0.0.1:{}", bound.Port());
  EXPECT_ERROR(kUnreachable, http_.Get(url, "/", kWaitTimeout));
}

TEST_F(OutgoingCalls, IsUnreachableForAnInvalidBaseUrl) {
  for (const char* base : {"", "ftp://127.0.0.1", "https://", "http://[::1"}) {
    EXPECT_ERROR(kUnreachable, http_.Get(base, "/", kShort)) << base;
  }
}

TEST_F(OutgoingCalls, OmitsTheQueryFromErrors) {
  const auto reply = http_.Get("http://127.0.0.1:1", "/path?secret=1", kWaitTimeout);
  EXPECT_ERROR(kUnreachable, reply);
  EXPECT_EQ(reply.error().detail.find("secret"), std::string::npos);
}

/// A call with a short timeout, repeated as long as it timed out before the request was sent.
Result<OutgoingReply> GetOnceItIsSent(HttplibOutgoing& http, const std::string& url) {
  Result<OutgoingReply> reply = Error{Errc::kUnreachable, "never made"};
  EXPECT_TRUE(Eventually([&] {
    reply = http.Get(url, "/", kShort);
    return reply.ok() || reply.error().code != Errc::kUnreachable;
  }));
  return reply;
}

TEST_F(OutgoingCalls, TimesOutIfTheServerNeverAnswers) {
  const StandInServer server([](const std::stop_token&, const LoopbackSocket& client) {
    (void)client.ReceiveUntil("never sent");  // ends when the caller disconnects
  });
  EXPECT_ERROR(kUnavailable, GetOnceItIsSent(http_, server.Url()));
}

// Each byte arrives well within the library's own timeout, which applies to each read.
TEST_F(OutgoingCalls, TimesOutIfTheServerAnswersTooSlowly) {
  const StandInServer server([](const std::stop_token& stop, const LoopbackSocket& client) {
    client.Send("HTTP/1.1 200 OK\r\n");
    std::mutex mutex;
    std::condition_variable_any drip;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      client.Send("X-Drip: 1\r\n");
      drip.wait_for(lock, stop, milliseconds(5), [] { return false; });
    }
  });
  std::optional<HttplibOutgoing> http(clock_);
  const auto reply = GetOnceItIsSent(*http, server.Url());
  EXPECT_ERROR(kUnavailable, reply);
  EXPECT_EQ(reply.error().detail, "outgoing call: no answer in time");
  http.reset();  // waits for the request's thread, which ends although the server continues
}

TEST_F(OutgoingCalls, BoundsTheConcurrentCalls) {
  const auto is_turned_away = [this](const std::string& url, milliseconds timeout) {
    return http_.Get(url, "/", timeout).error().detail == "outgoing call: too many under way";
  };
  std::vector<std::jthread> callers;
  callers.reserve(HttplibOutgoing::kMaxCalls);
  {
    const LoopbackSocket listener = LoopbackSocket::Listen();  // never accepts
    const std::string url = fmt::format("http://127.0.0.1:{}", listener.Port());
    for (std::size_t i = 0; i < HttplibOutgoing::kMaxCalls; ++i) {
      callers.emplace_back([&is_turned_away, url] {
        // The probe below may briefly occupy the last place.
        while (is_turned_away(url, kWaitTimeout)) std::this_thread::yield();
      });
    }
    EXPECT_TRUE(Eventually([&] { return is_turned_away(url, milliseconds(1)); }));
  }  // connections waiting to be accepted are reset
  callers.clear();
  const StandInServer server(Answering(Answer("200 OK", "")));
  EXPECT_OK(http_.Get(server.Url(), "/", kWaitTimeout));
}

/// Presents a self-signed certificate to one client.
class SelfSignedServer {
 public:
  SelfSignedServer() {
    SystemRandom random;
    const auto certificate = MakeDevCertificate(random, SystemClock().Now());
    const BioPtr cert_in = ReadingBio(certificate->cert_pem);
    const BioPtr key_in = ReadingBio(certificate->key_pem.Reveal());
    const X509Ptr cert(PEM_read_bio_X509(cert_in.get(), nullptr, NoPassphrase, nullptr));
    const EvpPkeyPtr key(PEM_read_bio_PrivateKey(key_in.get(), nullptr, NoPassphrase, nullptr));
    SSL_CTX_use_certificate(context_.get(), cert.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
    BIO_set_accept_bios(listener_.get(), BIO_new_ssl(context_.get(), /*client=*/0));
    BIO_do_accept(listener_.get());  // the first call listens, the second accepts
    thread_ = std::jthread([this] {
      // A client that rejects the certificate closes while the server still writes.
      sigset_t signals;
      sigemptyset(&signals);
      sigaddset(&signals, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &signals, nullptr);
      if (BIO_do_accept(listener_.get()) != 1) return;
      const BioPtr client(BIO_pop(listener_.get()));
      BIO_do_handshake(client.get());
      ERR_clear_error();
    });
  }

  [[nodiscard]] std::string Url() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    const auto descriptor = static_cast<int>(BIO_get_fd(listener_.get(), nullptr));
    ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    return fmt::format("https://127.0.0.1:{}", ntohs(address.sin_port));
  }

 private:
  const std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> context_{
      SSL_CTX_new(TLS_server_method())};
  const BioPtr listener_{BIO_new_accept("127.0.0.1:0")};
  std::jthread thread_;  // last: it uses all of the above
};

TEST_F(OutgoingCalls, RefusesASelfSignedCertificate) {
  const SelfSignedServer server;
  const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
  EXPECT_ERROR(kUnreachable, reply);
  EXPECT_THAT(reply.error().detail, HasSubstr("the certificate is not accepted"));
}

TEST_F(OutgoingCalls, AbortsRunningCallsWhenStopped) {
  const LoopbackSocket listener = LoopbackSocket::Listen();  // takes the request, never replies
  const std::string url = fmt::format("http://127.0.0.1:{}", listener.Port());
  std::vector<Result<OutgoingReply>> replies(3, Error{});
  {
    std::vector<std::jthread> callers;
    callers.reserve(replies.size());
    for (auto& reply : replies) {
      // Longer than the test may take: only `Stop` ends it.
      callers.emplace_back([&] { reply = http_.Get(url, "/", std::chrono::hours(1)); });
    }
    std::vector<LoopbackSocket> connections;
    while (connections.size() < replies.size()) {
      connections.push_back(listener.Accept());
      EXPECT_THAT(connections.back().ReceiveUntil("\r\n\r\n"), HasSubstr("GET / "));
    }
    http_.Stop();
    callers.clear();  // waits for all of them, with connections still open
  }
  for (const auto& reply : replies) {
    EXPECT_ERROR(kUnavailable, reply);
    EXPECT_EQ(reply.error().detail, "outgoing call: the server is stopping");
  }
}

TEST_F(OutgoingCalls, MakesNoCallAfterStop) {
  const StandInServer server(Answering(Answer("200 OK", "")));
  http_.Stop();
  http_.Stop();
  const auto reply = http_.Get(server.Url(), "/", kWaitTimeout);
  EXPECT_ERROR(kUnreachable, reply);
  EXPECT_EQ(reply.error().detail, "outgoing call: the server is stopping");
}

}  // namespace
}  // namespace rtcroom
