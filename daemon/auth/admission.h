// Whether a request may be served now, or comes too soon after others of its sender.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "daemon/core/ids.h"

namespace rtcroom {

/// Why a ticket is refused: for the log, and for who counts refusals by their limits.
inline constexpr std::string_view kTooManyTickets =
    "address: more tickets than limits.signing_rate";

/// Asked once for each request before it is carried out, in this order: for the address, then,
/// as soon as it is known who calls, or is said to, for the user. A request that is not admitted is
/// answered with code 6 and HTTP 200, and changes nothing.
///
/// pusher_heartbeat, delete_pusher and destroy_room are never asked about: refusing one would
/// evict an honest member who shares an address with somebody else.
///
/// What a request costs beyond its token is charged when that is known, and may leave its sender
/// owing tokens: later requests wait for those as well.
///
/// @threads implementations are safe from any thread.
/// @source protocol F.9.
class Admission {
 public:
  virtual ~Admission() = default;

  /// @param address  the client's, numeric, as `inet_ntop` writes it. Addresses of one IPv6 /64
  ///                 count as one, since a phone's network hands out a whole one to each.
  [[nodiscard]] virtual bool AdmitsAddress(std::string_view address) = 0;

  /// The same for a request that is never refused. It takes a token in any case.
  /// @return how long it is to wait before it is carried out; zero for one that may be now.
  [[nodiscard]] virtual std::chrono::nanoseconds DelayOfAddress(std::string_view address) = 0;

  /// @param user  who has proven that the request is his: he counts wherever he comes from.
  [[nodiscard]] virtual bool AdmitsUser(const UserId& user) = 0;

  /// @param address  as above. It counts together with the name: nobody has proven who he is,
  ///                 and so nobody elsewhere can use up another's tokens.
  /// @param user     whom the request claims to come from.
  [[nodiscard]] virtual bool AdmitsClaim(std::string_view address, const UserId& user) = 0;

  /// Takes more tokens of the address, there or not.
  virtual void ChargeAddress(std::string_view address, std::uint32_t tokens) = 0;
  /// Takes more tokens of a proven user, likewise.
  virtual void ChargeUser(const UserId& user, std::uint32_t tokens) = 0;

  /// Whether more was taken from them than they had. Asked again before dear work that was admitted
  /// some time ago.
  [[nodiscard]] virtual bool AddressOwes(std::string_view address) = 0;
  [[nodiscard]] virtual bool UserOwes(const UserId& user) = 0;

  /// Asked besides, before a ticket is signed for a fresh user: anybody can have any number of
  /// those, since nothing proves who they are.
  /// @param address  as above.
  [[nodiscard]] virtual bool AdmitsTicket(std::string_view address) = 0;
};

}  // namespace rtcroom
