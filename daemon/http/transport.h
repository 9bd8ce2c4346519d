// The bytes of one connection, plain or through TLS, without ever waiting.
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
  std::size_t bytes = 0;  ///< read or written; more than 0 exactly when done
};

/// @threads for one thread at a time.
class Transport {
 public:
  /// @param socket  non-blocking; belongs to the caller, who closes it after this object's end.
  explicit Transport(int socket);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// From here on everything goes through TLS, once `Handshake` is done.
  /// @return false when there is no memory for it.
  [[nodiscard]] bool Secure(ssl_ctx_st& tls);

  /// Goes on agreeing on TLS.
  IoStatus Handshake();

  /// Reads what there is, at most `into.size()` bytes. A peer that goes on about TLS itself, by
  /// more than `kMaxTlsMessages` over the whole connection, counts as gone.
  IoResult Read(std::span<char> into);

  /// Writes as much as the socket takes. After kWantRead or kWantWrite the next call must begin
  /// with the same bytes.
  IoResult Write(std::string_view bytes);

  /// Has the system hold about that many bytes for a peer that does not take them, and no more.
  void BoundSendBuffer(int bytes);

  /// Whether bytes of the peer may be held here, of which the socket will not tell.
  [[nodiscard]] bool HasPending() const;

  /// Tells the peer that nothing more will come.
  void CloseWriting();

  /// The same as `Read`, beneath TLS.
  IoResult ReadRaw(std::span<char> into);

  /// Whether the peer has sent something, beneath TLS, that nobody has read.
  [[nodiscard]] bool HasUnread() const;

 private:
  /// Key updates, renegotiations and alerts after the handshake: each costs us work and the peer
  /// next to nothing. Honest clients send hardly any.
  static constexpr int kMaxTlsMessages = 32;

  struct TlsDeleter {
    void operator()(ssl_st* tls) const;
  };

  /// What the last TLS call, which was not successful, needs.
  [[nodiscard]] IoStatus TlsStatus(int result) const;
  IoResult WriteRaw(std::string_view bytes);
  static void CountTlsMessage(int is_written, int version, int content_type, const void* bytes,
                              std::size_t size, ssl_st* tls, void* transport);

  const int socket_;
  std::unique_ptr<ssl_st, TlsDeleter> tls_;
  int tls_messages_ = 0;  ///< since the handshake
};

}  // namespace rtcroom
