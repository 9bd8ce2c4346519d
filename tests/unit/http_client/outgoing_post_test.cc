#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/openssl_ptr.h"
#include "daemon/base/system_clock.h"
#include "daemon/http_client/outgoing_http.h"
#include "tests/support/eventually.h"
#include "tests/support/loopback_socket.h"
#include "tests/support/matchers.h"
#include "tests/support/stand_in_service.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;
using Said = StandInService::Said;
using Then = StandInService::Then;

/// For waits that are expected to time out.
constexpr milliseconds kSoon{200};

std::string BodyOf(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

/// Replies with the received body.
Said Echo(const std::string& request) { return {HttpAnswer("200 OK", BodyOf(request))}; }

/// The system's clock plus an adjustable offset.
class LaterClock : public Clock {
 public:
  [[nodiscard]] TimePoint Now() const override { return clock_.Now() + later_.load(); }
  [[nodiscard]] MonotonicTime Monotonic() const override {
    return clock_.Monotonic() + later_.load();
  }
  void Advance(milliseconds by) { later_ = later_.load() + by; }

 private:
  const SystemClock clock_;
  std::atomic<milliseconds> later_{milliseconds(0)};
};

class OutgoingPosts : public testing::Test {
 protected:
  Result<OutgoingReply> Post(const std::string& url, const std::string& body,
                             milliseconds timeout = kWaitTimeout) {
    return http_.Post(url, "/path", "text/plain", body, timeout);
  }
  /// A POST with a short timeout, repeated as long as it timed out before the request was sent.
  Result<OutgoingReply> PostOnceItIsSent(const std::string& url, const std::string& body) {
    Result<OutgoingReply> reply = Error{Errc::kUnreachable, "never made"};
    EXPECT_TRUE(Eventually([&] {
      reply = Post(url, body, kSoon);
      return reply.ok() || reply.error().code != Errc::kUnreachable;
    }));
    return reply;
  }
  /// The body of the answer; on failure the error detail.
  std::string Ask(const StandInService& service, const std::string& body) {
    const auto reply = Post(service.Url(), body);
    return reply ? reply->body : reply.error().detail;
  }

  LaterClock clock_;
  HttplibOutgoing http_{clock_};
};

TEST_F(OutgoingPosts, SendTheBodyAndItsType) {
  std::string request;
  {
    const StandInService service([&](const std::string& received) {
      request = received;
      return Said{HttpAnswer("500 Oh", "hello")};
    });
    const auto reply = http_.Post(service.Url() + "/base", "/a?b=%20", "application/json",
                                  R"({"text":"\u4eba"})", kWaitTimeout);
    ASSERT_OK(reply);
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body, "hello");
  }
  EXPECT_THAT(request, StartsWith("POST /base/a?b=%20 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 17\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAccept-Encoding: identity\r\n"));
  EXPECT_EQ(BodyOf(request), R"({"text":"\u4eba"})");
}

TEST_F(OutgoingPosts, SendATokenWithoutABody) {
  std::string request;
  {
    const StandInService service([&](const std::string& received) {
      request = received;
      return Said{HttpAnswer("200 OK", "done")};
    });
    const auto reply = http_.PostAs(Secret("the token"), service.Url(), "/act", kWaitTimeout);
    ASSERT_OK(reply);
    EXPECT_EQ(reply->body, "done");
  }
  EXPECT_THAT(request, StartsWith("POST /act HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Bearer the token\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(OutgoingPosts, ReuseAConnectionSequentially) {
  const StandInService service(Echo);
  for (const char* body : {"one", "two", ""}) EXPECT_EQ(Ask(service, body), body);
  EXPECT_EQ(service.connections(), 1u);
}

TEST_F(OutgoingPosts, ShareNoConnectionConcurrently) {
  constexpr std::size_t kCallers = 8;
  const StandInService service(Echo);
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (std::size_t caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int call = 0; call < 50; ++call) {
          const std::string body = fmt::format("{} of {}", call, caller);
          EXPECT_EQ(Ask(service, body), body);
        }
      });
    }
  }
  EXPECT_LE(service.connections(), kCallers);
}

TEST_F(OutgoingPosts, ShareNoConnectionBetweenServers) {
  const StandInService one(Echo);
  const StandInService other(
      [](const std::string&) { return Said{HttpAnswer("200 OK", "other")}; });
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Ask(one, "one"), "one");
    EXPECT_EQ(Ask(other, "one"), "other");
  }
  EXPECT_EQ(one.connections(), 1u);
  EXPECT_EQ(other.connections(), 1u);
}

TEST_F(OutgoingPosts, ShareNoConnectionWithGets) {
  std::vector<std::string> requests;
  {
    const StandInService service([&](const std::string& received) {
      requests.push_back(received);
      return Said{HttpAnswer("200 OK", "")};
    });
    EXPECT_OK(Post(service.Url(), "a"));
    EXPECT_OK(http_.Get(service.Url(), "/", kWaitTimeout));
    EXPECT_OK(http_.Get(service.Url(), "/", kWaitTimeout));
    EXPECT_EQ(service.connections(), 3u);
  }
  EXPECT_THAT(requests.back(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(OutgoingPosts, ReconnectAfterTheServerClosed) {
  const StandInService service([](const std::string& request) {
    return Said{HttpAnswer("200 OK", BodyOf(request)), Then::kClose};
  });
  for (const char* body : {"one", "two"}) {
    EXPECT_EQ(Ask(service, body), body);
    EXPECT_TRUE(Eventually([&] { return service.open() == 0; }));
  }
  EXPECT_EQ(service.connections(), 2u);
}

TEST_F(OutgoingPosts, ReconnectAfterConnectionClose) {
  const StandInService service([](const std::string& request) {
    return Said{HttpAnswer("200 OK", BodyOf(request), "Connection: close\r\n")};
  });
  for (const char* body : {"one", "two"}) EXPECT_EQ(Ask(service, body), body);
  EXPECT_EQ(service.connections(), 2u);
}

// An unsolicited answer would be mistaken for the answer to the next call.
TEST_F(OutgoingPosts, ReconnectAfterAnAnswerWithTrailingBytes) {
  const StandInService service([](const std::string& request) {
    const std::string answer = HttpAnswer("200 OK", BodyOf(request));
    return Said{answer + answer};
  });
  for (const char* body : {"one", "two"}) EXPECT_EQ(Ask(service, body), body);
  EXPECT_EQ(service.connections(), 2u);
}

TEST_F(OutgoingPosts, ReconnectAfterUnsolicitedBytes) {
  const StandInService service(Echo);
  EXPECT_EQ(Ask(service, "one"), "one");
  service.SendToAll(HttpAnswer("200 OK", "one"));
  EXPECT_EQ(Ask(service, "two"), "two");
  EXPECT_EQ(service.connections(), 2u);
}

TEST_F(OutgoingPosts, ReconnectAfterAStatusOtherThan200) {
  const StandInService service([](const std::string& request) {
    return Said{HttpAnswer("204 No Content", BodyOf(request))};
  });
  for (const char* body : {"one", "two"}) EXPECT_OK(Post(service.Url(), body));
  EXPECT_EQ(service.connections(), 2u);
}

TEST_F(OutgoingPosts, ReconnectAfterALongIdleTime) {
  const StandInService service(Echo);
  EXPECT_EQ(Ask(service, "one"), "one");
  clock_.Advance(HttplibOutgoing::kMaxIdleTime - std::chrono::seconds(20));
  EXPECT_EQ(Ask(service, "two"), "two");
  EXPECT_EQ(service.connections(), 1u);
  clock_.Advance(HttplibOutgoing::kMaxIdleTime);
  EXPECT_EQ(Ask(service, "three"), "three");
  EXPECT_EQ(service.connections(), 2u);
  EXPECT_TRUE(Eventually([&] { return service.open() == 1; }));
}

// The answer to an abandoned call arrives while the next call waits for its own.
TEST_F(OutgoingPosts, IgnoreAnswersToEarlierRequests) {
  std::atomic<bool> given_up{false};
  const StandInService service([&](const std::string& request) {
    if (BodyOf(request) == "one") {
      EXPECT_TRUE(Eventually([&] { return given_up.load(); }));
    }
    return Said{HttpAnswer("200 OK", BodyOf(request))};
  });
  EXPECT_ERROR(kUnavailable, PostOnceItIsSent(service.Url(), "one"));
  given_up = true;
  EXPECT_EQ(Ask(service, "two"), "two");
  EXPECT_GE(service.connections(), 2u);
}

TEST_F(OutgoingPosts, UseTheirOwnTimeoutOnAReusedConnection) {
  const StandInService service([](const std::string& request) {
    if (BodyOf(request) == "slow") std::this_thread::sleep_for(2 * kSoon);
    return Said{HttpAnswer("200 OK", BodyOf(request))};
  });
  EXPECT_TRUE(Eventually([&] { return Post(service.Url(), "quick", kSoon).ok(); }));
  const std::size_t connections = service.connections();
  EXPECT_EQ(Ask(service, "slow"), "slow");
  EXPECT_EQ(service.connections(), connections);
}

TEST_F(OutgoingPosts, KeepABoundedNumberOfConnections) {
  constexpr std::size_t kCallers = HttplibOutgoing::kMaxIdle + 4;
  std::atomic<std::size_t> asked{0};
  const StandInService service([&](const std::string& request) {
    ++asked;
    EXPECT_TRUE(Eventually([&] { return asked == kCallers; }));
    return Said{HttpAnswer("200 OK", BodyOf(request))};
  });
  {
    std::vector<std::jthread> callers;
    callers.reserve(kCallers);
    for (std::size_t caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&] { EXPECT_EQ(Ask(service, "a"), "a"); });
    }
  }
  EXPECT_EQ(service.connections(), kCallers);
  EXPECT_TRUE(Eventually([&] { return service.open() == HttplibOutgoing::kMaxIdle; }));
  http_.Stop();
  EXPECT_TRUE(Eventually([&] { return service.open() == 0; }));
}

TEST_F(OutgoingPosts, AreUnavailableIfTheAnswerIsLost) {
  const StandInService closing([](const std::string&) { return Said{"", Then::kClose}; });
  EXPECT_ERROR(kUnavailable, Post(closing.Url(), "a"));
  const StandInService silent([](const std::string&) { return Said{}; });
  EXPECT_ERROR(kUnavailable, PostOnceItIsSent(silent.Url(), "a"));
}

TEST_F(OutgoingPosts, AreUnreachableWithoutAConnection) {
  const LoopbackSocket listener = LoopbackSocket::Listen();  // answers no handshake
  const auto reply = Post(fmt::format("https://127.0.0.1:{}", listener.Port()), "a", kSoon);
  EXPECT_ERROR(kUnreachable, reply);
}

TEST_F(OutgoingPosts, SayThatNothingListens) {
  const LoopbackSocket refusing = LoopbackSocket::Bind();
  const auto reply = Post(fmt::format("http://127.0.0.1:{}", refusing.Port()), "a");
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().detail, "outgoing call: cannot connect");
}

TEST_F(OutgoingPosts, AreUnreachableForAnUnresolvableName) {
  // A label too long for a DNS name, so no name server is contacted.
  EXPECT_ERROR(kUnreachable, Post("http://" + std::string(64, 'x') + ".invalid", "a"));
}

class UnreadableAnswer : public OutgoingPosts,
                         public testing::WithParamInterface<std::pair<const char*, std::string>> {};

TEST_P(UnreadableAnswer, IsRefused) {
  const StandInService service(
      [](const std::string&) { return Said{GetParam().second, Then::kClose}; });
  EXPECT_ERROR(kUnavailable, Post(service.Url(), "a"));
  EXPECT_ERROR(kUnavailable, http_.Get(service.Url(), "/", kWaitTimeout));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, UnreadableAnswer,
    testing::Values(
        std::pair("EmptyAnswer", ""), std::pair("NotHttp", "220 mail.test ESMTP\r\n"),
        std::pair("AnotherVersion", "HTTP/2 200\r\n\r\n"),
        std::pair("CutInTheHead", "HTTP/1.1 200 OK\r\nContent-Le"),
        std::pair("CutInTheBody", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678"),
        // The library's regular expression would exhaust the stack on it.
        std::pair("FirstLineTooLong", HttpAnswer("200 " + std::string(100'000, 'x'), "a")),
        std::pair("FirstLineWithoutEnd", "HTTP/1.1 200 " + std::string(100'000, 'x')),
        std::pair("HeaderTooLong",
                  HttpAnswer("200 OK", "a", "X: " + std::string(200'000, 'x') + "\r\n")),
        // Data after an interim response would be taken as the answer to the next call.
        std::pair("EarlyHints", "HTTP/1.1 103 Early Hints\r\n\r\n" + HttpAnswer("200 OK", "a")),
        std::pair("Continue", "HTTP/1.1 100 Continue\r\n\r\n" + HttpAnswer("200 OK", "a"))),
    [](const auto& param_info) { return std::string(param_info.param.first); });

/// A certificate that the system's trust store accepts, within this process.
class TrustedCertificate {
 public:
  explicit TrustedCertificate(const CertificateNames& names = {}) {
    const std::string certificate = (directory_.path() / "cert.pem").string();
    const std::string key = (directory_.path() / "key.pem").string();
    WriteTestCertificate(certificate, key, names);
    SSL_CTX_use_certificate_file(context_.get(), certificate.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM);
    ::setenv("SSL_CERT_FILE", certificate.c_str(), 1);
  }
  ~TrustedCertificate() { ::unsetenv("SSL_CERT_FILE"); }
  TrustedCertificate(const TrustedCertificate&) = delete;
  TrustedCertificate& operator=(const TrustedCertificate&) = delete;

  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }

 private:
  const TempDirectory directory_;
  const std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> context_{
      SSL_CTX_new(TLS_server_method())};
};

TEST_F(OutgoingPosts, RequireAHostNameOfTheCertificate) {
  const auto outcome = [this](const std::string& host, const CertificateNames& names) {
    const TrustedCertificate certificate(names);
    const StandInService service(Echo, certificate.context());
    const std::string url = service.Url();
    return Post("https://" + host + url.substr(url.rfind(':')), "a").ok();
  };
  EXPECT_TRUE(outcome("localhost", {.alternative = "DNS:localhost"}));
  EXPECT_TRUE(outcome("127.0.0.1", {.alternative = "IP:127.0.0.1"}));
  EXPECT_FALSE(outcome("localhost", {.common = "localhost", .alternative = ""}))
      << "the common name is ignored";
  EXPECT_FALSE(outcome("127.0.0.1", {.common = "127.0.0.1", .alternative = ""}));
  EXPECT_FALSE(outcome("localhost", {.alternative = "DNS:other.test"}));
  EXPECT_FALSE(outcome("127.0.0.1", {.alternative = "IP:127.0.0.2"}));
}

TEST_F(OutgoingPosts, ReuseATlsConnection) {
  const TrustedCertificate certificate;
  const StandInService service(Echo, certificate.context());
  for (const char* body : {"one", "two", "three"}) EXPECT_EQ(Ask(service, body), body);
  EXPECT_EQ(service.connections(), 1u);
}

/// Lets SIGUSR2 interrupt system calls, except in existing threads and threads created by them.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction interrupting{};
    interrupting.sa_handler = [](int) {};
    ::sigaction(SIGUSR2, &interrupting, &before_);
    pthread_sigmask(SIG_BLOCK, &signals(), nullptr);
  }
  ~Interruptions() {
    // A signal pending for this thread is delivered to the handler.
    pthread_sigmask(SIG_UNBLOCK, &signals(), nullptr);
    ::sigaction(SIGUSR2, &before_, nullptr);
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

  /// For the calling thread and the threads it creates.
  static void Allow() { pthread_sigmask(SIG_UNBLOCK, &signals(), nullptr); }

  static void InterruptAllThreads() {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      ::syscall(SYS_tgkill, ::getpid(), std::stoi(thread.path().filename().string()), SIGUSR2);
    }
  }

 private:
  static const sigset_t& signals() {
    static const sigset_t only = [] {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGUSR2);
      return set;
    }();
    return only;
  }

  struct sigaction before_{};
};

// When a process is stopped and continued, its reads with a timeout are interrupted.
TEST_F(OutgoingPosts, ContinueAfterSignals) {
  const Interruptions interruptions;
  const TrustedCertificate certificate;
  for (SSL_CTX* const tls : {static_cast<SSL_CTX*>(nullptr), certificate.context()}) {
    std::atomic<bool> asked{false};
    std::atomic<bool> interrupted{false};
    const StandInService service(
        [&](const std::string& request) {
          asked = true;
          EXPECT_TRUE(Eventually([&] { return interrupted.load(); }));
          return Said{HttpAnswer("200 OK", BodyOf(request))};
        },
        tls);
    const std::jthread caller([&] {
      Interruptions::Allow();
      EXPECT_EQ(Ask(service, "one"), "one");
    });
    EXPECT_TRUE(Eventually([&] { return asked.load(); }));
    for (int times = 0; times < 100; ++times) {
      Interruptions::InterruptAllThreads();
      std::this_thread::yield();
    }
    interrupted = true;
  }
}

// The TLS close alert is readable data: a check for liveness only would consider the connection
// open.
TEST_F(OutgoingPosts, ReconnectAfterATlsCloseAlert) {
  const TrustedCertificate certificate;
  const StandInService service(
      [](const std::string& request) {
        return Said{HttpAnswer("200 OK", BodyOf(request)), Then::kClose};
      },
      certificate.context());
  for (const char* body : {"one", "two", "three"}) {
    EXPECT_EQ(Ask(service, body), body);
    EXPECT_TRUE(Eventually([&] { return service.open() == 0; }));
  }
  EXPECT_EQ(service.connections(), 3u);
}

// The remaining data is in the TLS library's buffer, where the socket does not show it.
TEST_F(OutgoingPosts, ReconnectAfterTrailingTlsBytes) {
  constexpr std::size_t kReadAtATime = 4096;
  const TrustedCertificate certificate;
  const StandInService service(
      [](const std::string& request) {
        const std::string padding(kReadAtATime - HttpAnswer("200 OK", "one", "X: \r\n").size(),
                                  'x');
        const std::string answer = HttpAnswer("200 OK", BodyOf(request), "X: " + padding + "\r\n");
        return Said{answer + answer};
      },
      certificate.context());
  for (const char* body : {"one", "two", "too"}) EXPECT_EQ(Ask(service, body), body);
  EXPECT_EQ(service.connections(), 3u);
}

TEST_F(OutgoingPosts, RefuseATruncatedTlsAnswer) {
  const TrustedCertificate certificate;
  const StandInService service(
      [](const std::string&) {
        return Said{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678", Then::kClose};
      },
      certificate.context());
  EXPECT_ERROR(kUnavailable, Post(service.Url(), "a"));
}

}  // namespace
}  // namespace rtcroom
