// Non-blocking I/O of one connection, plain or TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace rtcroom {

enum class IoStatus : std::uint8_t {
  kDone,
  kWantRead,   ///< try again when the socket is readable
  kWantWrite,  ///< try again when the socket is writable
  kClosed,     ///< by the peer, or by an error
};

struct IoResult {
  IoStatus status = IoStatus::kClosed;
  std::size_t bytes = 0;  ///< read or written; positive if and only if done
};

/// @threads for one thread at a time.
class Transport {
 public:
  // Measured with OpenSSL 3.0, in bytes.
  static constexpr std::size_t kHandshakeBytes = std::size_t{40} << 10;
  static constexpr std::size_t kTlsBytes = std::size_t{16} << 10;        ///< while it is idle
  static constexpr std::size_t kTlsRecordBytes = std::size_t{17} << 10;  ///< a buffer for one

  /// @param socket  non-blocking; owned by the caller, which closes it after this object's end.
  explicit Transport(int socket);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Switches to TLS; call `Handshake` next.
  /// @return false when out of memory.
  [[nodiscard]] bool Secure(ssl_ctx_st& tls);

  /// Continues the TLS handshake.
  IoStatus Handshake();

  /// Whether the handshake has ended since the peer sends HTTP without TLS, which this object then
  /// speaks, too. What has been read of the request is lost.
  [[nodiscard]] bool is_plain_http() const { return is_plain_http_; }

  /// Reads the available bytes, at most `into.size()`. More than `kMaxTlsMessages` non-application
  /// TLS messages over the whole connection count as a disconnect.
  IoResult Read(std::span<char> into);

  /// The status that `Read` would return of one byte, which stays unread.
  IoStatus Peek();

  /// Writes as much as the socket accepts. After kWantRead or kWantWrite the next call must begin
  /// with the same bytes.
  IoResult Write(std::string_view bytes);

  /// Memory of TLS, in bytes: what a connection takes that has begun a handshake, is idle, or holds
  /// part of a record.
  [[nodiscard]] std::size_t held_memory() const;
  /// Memory of the system for bytes that the peer has not taken, and for received ones that were
  /// not read. A system call; 0 where the system does not tell.
  [[nodiscard]] std::size_t MeasureSystem();
  /// Bytes written since it was called.
  [[nodiscard]] std::size_t unmeasured() const { return unmeasured_; }

  /// Whether TLS may have buffered bytes of the peer, for which the socket is not readable.
  [[nodiscard]] bool HasPending() const;

  /// Sends the TLS close_notify, if any, and shuts down the write side.
  void CloseWriting();

  /// Lets the close discard what the peer has not taken, which the system else keeps for minutes.
  void DropUnsent();

  /// It does what `Read` does, but below TLS.
  /// @param flags  of the system call.
  IoResult ReadRaw(std::span<char> into, int flags = 0);

  /// Whether the socket holds unread bytes, below TLS.
  [[nodiscard]] bool HasUnread() const;

 private:
  /// Key updates, renegotiations and alerts after the handshake: each costs the server work and the
  /// peer almost nothing. Honest clients send very few.
  static constexpr int kMaxTlsMessages = 32;

  struct TlsDeleter {
    void operator()(ssl_st* tls) const;
  };

  /// SSL_read_ex or SSL_peek_ex.
  using TlsRead = int(ssl_st* tls, void* into, std::size_t size, std::size_t* got);
  IoResult ReadTls(TlsRead& read, std::span<char> into);
  /// The readiness that the last, unsuccessful TLS call needs for a retry.
  [[nodiscard]] IoStatus TlsStatus(int result) const;
  IoResult WriteTls(std::string_view bytes);
  IoResult WriteRaw(std::string_view bytes);
  static void CountTlsMessage(int is_written, int version, int content_type, const void* bytes,
                              std::size_t size, ssl_st* tls, void* transport);

  const int socket_;
  std::unique_ptr<ssl_st, TlsDeleter> tls_;
  int tls_messages_ = 0;  ///< since the handshake
  std::size_t unmeasured_ = 0;
  bool is_write_pending_ = false;  ///< TLS holds a record that the socket has not accepted
  bool is_plain_http_ = false;
};

}  // namespace rtcroom
