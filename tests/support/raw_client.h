// A client that sends exact bytes, plain or over TLS.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct bio_st;
struct ssl_ctx_st;

namespace rtcroom {

struct RawReply {
  int status = 0;         ///< 0 when the connection ended before a whole reply
  std::string head = {};  ///< status line and headers
  std::string body = {};

  /// The value of a header, by its name in any letter case; empty when it is missing.
  [[nodiscard]] std::string Header(std::string_view name) const;
  /// Whether the header is present.
  [[nodiscard]] bool HasHeader(std::string_view name) const;
  /// The protocol's code in a JSON body; kNoCode when it has none.
  [[nodiscard]] int code() const;
};

/// Removes the first reply from `received`, its body by Content-Length; nullopt while it is
/// incomplete.
/// @param method  of the request: the reply to HEAD has no body, whatever its Content-Length.
std::optional<RawReply> TakeReply(std::string& received, std::string_view method = "POST");

struct RawTls {
  std::filesystem::path trusted = {};  ///< PEM; nothing else is accepted
  int max_version = 0;                 ///< OpenSSL's TLS1_2_VERSION ...; 0 = the newest
  std::string ciphers = {};            ///< of TLS 1.2, in OpenSSL's syntax; empty = all
  std::string preface = {};            ///< sent before TLS begins
};

/// One connection. Waits end after `kWaitTimeout`.
///
/// @threads for one thread.
class RawClient {
 public:
  /// @param address  `host:port` or `[v6]:port`.
  /// @throws std::runtime_error when the connection or the TLS handshake fails.
  explicit RawClient(const std::string& address);
  RawClient(const std::string& address, const RawTls& tls);
  ~RawClient();
  RawClient(RawClient&&) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  void Send(std::string_view bytes);

  /// Sends no more; below TLS.
  void CloseWriting();

  /// Waits for one reply, as `TakeReply` extracts it.
  RawReply Receive(std::string_view method = "POST");

  /// Reads up to the end of `end`; everything received when the server is silent or closes before.
  std::string ReceiveUntil(std::string_view end);

  /// Reads exactly so many bytes; fewer when the server is silent or closes before.
  std::string ReceiveBytes(std::size_t bytes);

  /// Reads until the server closes the connection.
  std::string ReceiveAll();

  /// Whether data or the end of the connection can be read now.
  [[nodiscard]] bool IsReadable() const;

 private:
  struct BioDeleter {
    void operator()(bio_st* bio) const;
  };
  struct ContextDeleter {
    void operator()(ssl_ctx_st* context) const;
  };

  bool ReadMore();

  std::unique_ptr<ssl_ctx_st, ContextDeleter> context_;
  std::unique_ptr<bio_st, BioDeleter> bio_;
  std::string received_;  ///< and not yet returned
};

/// `POST <target>` with a body, its length, and these headers ("Name: value\r
/// ..." or nothing).
std::string RawPost(std::string_view target, std::string_view body, std::string_view headers = {});

}  // namespace rtcroom
