// TLS I/O on a socket, and the bound on non-application messages.
#include "daemon/http/transport.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "daemon/base/file_descriptor.h"
#include "daemon/http/listening_socket.h"
#include "daemon/http/tls_context.h"
#include "tests/support/eventually.h"
#include "tests/support/raw_client.h"
#include "tests/support/temp_directory.h"
#include "tests/support/test_certificate.h"

namespace rtcroom {
namespace {

/// Both ends of a connection after its TLS handshake.
class TransportTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    server_end_ = FileDescriptor(ends[0]);
    client_end_ = FileDescriptor(ends[1]);

    const std::filesystem::path cert = directory_.path() / "cert.pem";
    const std::filesystem::path key = directory_.path() / "key.pem";
    WriteTestCertificate(cert, key);
    Result<TlsContext> loaded = LoadTlsContext(cert, key);
    ASSERT_TRUE(loaded.ok());
    context_ = *std::move(loaded);
    transport_ = std::make_unique<Transport>(server_end_.get());
    ASSERT_TRUE(transport_->Secure(*context_));

    client_.reset(SSL_new(client_context_.get()));
    ASSERT_EQ(SSL_set_fd(client_.get(), client_end_.get()), 1);
    IoStatus server = IoStatus::kWantRead;
    int client = 0;
    for (int turn = 0; turn < 10 && (client != 1 || server != IoStatus::kDone); ++turn) {
      if (client != 1) client = SSL_connect(client_.get());
      if (server != IoStatus::kDone) server = transport_->Handshake();
    }
    ASSERT_EQ(client, 1);
    ASSERT_EQ(server, IoStatus::kDone);
  }

  void SendKeyUpdates(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(SSL_key_update(client_.get(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
      ASSERT_EQ(SSL_do_handshake(client_.get()), 1);
    }
  }
  void Send(const std::string& text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  /// The bytes that the server reads; empty when there are none.
  std::string Read() {
    std::array<char, 1000> bytes{};
    last_ = transport_->Read(bytes);
    return {bytes.data(), last_.bytes};
  }

  const TempDirectory directory_;
  FileDescriptor server_end_;
  FileDescriptor client_end_;
  TlsContext context_;
  const TlsContext client_context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<SSL, decltype(&SSL_free)> client_{nullptr, SSL_free};
  IoResult last_{.status = IoStatus::kDone};
};

TEST_F(TransportTest, ReadsDataAfterAFewKeyUpdates) {
  SendKeyUpdates(5);
  Send("request");
  EXPECT_EQ(Read(), "request");
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(last_.status, IoStatus::kWantRead);
}

TEST_F(TransportTest, LimitsKeyUpdatesWithoutData) {
  SendKeyUpdates(100);
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(last_.status, IoStatus::kClosed);
}

TEST_F(TransportTest, LimitsKeyUpdatesBetweenRequests) {
  int requests = 0;
  while (requests < 100) {
    SendKeyUpdates(1);
    Send("r");
    if (Read() != "r") break;
    ++requests;
  }
  EXPECT_GE(requests, 10);
  EXPECT_LT(requests, 100);
}

TEST_F(TransportTest, EndsAFloodOfKeyUpdatesEarly) {
  // Padded, so that records do not end at the boundaries of the read-ahead buffer.
  ASSERT_EQ(SSL_set_block_padding(client_.get(), 44), 1);
  BIO* const flood = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client_.get(), flood);
  SendKeyUpdates(20'000);
  char* bytes = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(flood, &bytes));
  std::atomic<std::size_t> sent{0};
  std::jthread sending([&] {
    while (sent < size) {
      const ssize_t put = send(client_end_.get(), bytes + sent, size - sent, MSG_NOSIGNAL);
      if (put > 0) sent += static_cast<std::size_t>(put);
      if (put < 0 && errno != EAGAIN) return;
      if (put < 0) std::this_thread::yield();
    }
  });
  while (last_.status != IoStatus::kClosed && sent < size) Read();
  EXPECT_LT(sent, size) << "all bytes were read";
  server_end_ = FileDescriptor();
}

TEST_F(TransportTest, DetectsTheCloseOfThePeer) {
  ASSERT_GE(SSL_shutdown(client_.get()), 0);
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(last_.status, IoStatus::kClosed);
}

TEST_F(TransportTest, SeesWhatItWouldReadAndLeavesIt) {
  EXPECT_EQ(transport_->Peek(), IoStatus::kWantRead);
  SendKeyUpdates(2);
  EXPECT_EQ(transport_->Peek(), IoStatus::kWantRead);
  Send("request");
  ASSERT_GE(SSL_shutdown(client_.get()), 0);
  EXPECT_EQ(transport_->Peek(), IoStatus::kDone);
  EXPECT_EQ(transport_->Peek(), IoStatus::kDone);
  EXPECT_EQ(Read(), "request");
  EXPECT_EQ(transport_->Peek(), IoStatus::kClosed);
  EXPECT_EQ(transport_->Write("reply").status, IoStatus::kDone) << "the peer may still read";
}

TEST_F(TransportTest, CountsTheBuffersOfTls) {
  EXPECT_EQ(transport_->held_memory(), Transport::kTlsBytes);
  // A part of a record, which ends with the next one.
  const std::string part("\x17\x03\x03\x40\x00some", 9);
  ASSERT_EQ(send(client_end_.get(), part.data(), part.size(), 0), 9);
  EXPECT_EQ(Read(), "");
  EXPECT_EQ(transport_->held_memory(), Transport::kTlsBytes + Transport::kTlsRecordBytes);
  const std::string much(1'000'000, 'x');
  while (transport_->Write(much).status == IoStatus::kDone) {
  }
  EXPECT_EQ(transport_->held_memory(), Transport::kTlsBytes + 2 * Transport::kTlsRecordBytes);
  const Transport in_handshake(server_end_.get());
  EXPECT_EQ(in_handshake.held_memory(), 0U) << "of no TLS";
}

TEST(SystemBuffers, AreBoundedAndMeasured) {
  const Result<ListeningSocket> listening = Listen("127.0.0.1:0");
  ASSERT_TRUE(listening.ok());
  RawClient client(listening->address);
  const AcceptedSocket accepted = Accept(listening->socket);
  ASSERT_TRUE(accepted.socket.valid());
  Transport transport(accepted.socket.get());
  EXPECT_EQ(transport.MeasureSystem(), 0U);
  const std::string much(100'000, 'x');
  std::size_t written = 0;
  for (IoResult put = transport.Write(much); put.status == IoStatus::kDone;
       put = transport.Write(much)) {
    written += put.bytes;
  }
  EXPECT_EQ(transport.unmeasured(), written);
  EXPECT_GT(transport.MeasureSystem(), 32'768U);
  EXPECT_LT(transport.MeasureSystem(), 400'000U);
  EXPECT_EQ(transport.unmeasured(), 0U);
  EXPECT_EQ(client.ReceiveBytes(written).size(), written);
  EXPECT_TRUE(Eventually([&] { return transport.MeasureSystem() == 0; }));
}

}  // namespace
}  // namespace rtcroom
