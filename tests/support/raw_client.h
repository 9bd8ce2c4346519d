// A client that sends exactly the bytes it is told to, plain or through TLS.
#pragma once

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

  /// The value of a header, by its name in any letter case; empty when there is none.
  [[nodiscard]] std::string Header(std::string_view name) const;
  /// Whether it has the header at all.
  [[nodiscard]] bool HasHeader(std::string_view name) const;
  /// The protocol's code in a JSON body; kNoCode when it has none.
  [[nodiscard]] int code() const;
};

/// Takes the first reply out of what was received, its body by Content-Length; nothing while it
/// is not whole.
/// @param method  of the request: the reply to HEAD has no body, whatever its length says.
std::optional<RawReply> TakeReply(std::string& received, std::string_view method = "POST");

struct RawTls {
  std::filesystem::path trusted = {};  ///< PEM; nothing else is accepted
  int max_version = 0;                 ///< OpenSSL's TLS1_2_VERSION ...; 0 = the newest
  std::string ciphers = {};            ///< of TLS 1.2, in OpenSSL's words; empty = all
  std::string preface = {};            ///< sent before TLS begins
};

/// One connection. Whoever waits on it gives up after `kPatience`.
///
/// @threads for one thread.
class RawClient {
 public:
  /// @param address  `host:port` or `[v6]:port`.
  /// @throws std::runtime_error when there is no connection, or no agreement on TLS.
  explicit RawClient(const std::string& address);
  RawClient(const std::string& address, const RawTls& tls);
  ~RawClient();
  RawClient(RawClient&&) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  void Send(std::string_view bytes);

  /// Waits for one reply, as `TakeReply` takes it.
  RawReply Receive(std::string_view method = "POST");

  /// Reads until it has received that; all up to its end, or all there was before the server was
  /// silent or had ended the connection.
  std::string ReceiveUntil(std::string_view end);

  /// Reads until the server ends the connection.
  std::string ReceiveAll();

  /// Whether something can be read now: bytes, or the end of the connection.
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
  std::string received_;  ///< and not yet handed out
};

/// `POST <target>` with a body, its length, and these headers ("Name: value\r\n..." or nothing).
std::string RawPost(std::string_view target, std::string_view body, std::string_view headers = {});

}  // namespace rtcroom
