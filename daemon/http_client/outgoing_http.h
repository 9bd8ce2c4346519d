// Calls to outside services over HTTP and HTTPS.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/mutex.h"
#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/http_client/outgoing_reply.h"

namespace rtcroom {

class OutgoingClient;
struct OutgoingRequest;
struct OutgoingTarget;

/// Each call asks once. It follows no redirect, sends and keeps no cookie, and holds `https`
/// servers to the system's certificate authorities.
///
/// @threads implementations are safe from any thread.
class OutgoingHttp {
 public:
  virtual ~OutgoingHttp() = default;

  /// On a connection of its own: what may be asked but once is not sent where the server may be
  /// closing just now.
  ///
  /// @param base_url        `http://` or `https://`, host, optional port and path.
  /// @param path_and_query  starts with `/`, percent-encoded already; put behind the base's path.
  /// @param timeout         of the whole call, from the name's lookup to the last byte.
  /// @return  any answer, whatever its status.
  /// @errors  kUnreachable when nothing of the request was sent: the base is no URL, the name is
  ///          not known, nobody listens, nobody vouches for the certificate, the time is over, or
  ///          no call is made for whatever other reason. kUnavailable when some of it was: there
  ///          is no answer in time, none that can be read, or one of more than
  ///          `kMaxOutgoingReplyBytes`. The sentence says neither path nor query.
  virtual Result<OutgoingReply> Get(const std::string& base_url, const std::string& path_and_query,
                                    std::chrono::milliseconds timeout) = 0;

  /// The same with a body, and on a connection that an earlier call has left open, if there is
  /// one. A server that closes it in that moment makes the call fail: whoever may ask twice does.
  virtual Result<OutgoingReply> Post(const std::string& base_url, const std::string& path_and_query,
                                     const std::string& content_type, const std::string& body,
                                     std::chrono::milliseconds timeout) = 0;

  /// As `Get`, by POST, without a body and with `Authorization: Bearer`.
  virtual Result<OutgoingReply> PostAs(const Secret& bearer, const std::string& base_url,
                                       const std::string& path_and_query,
                                       std::chrono::milliseconds timeout) = 0;
};

/// The real one, on cpp-httplib.
///
/// That library bounds each read and not their sum, and nobody bounds the lookup of a name. So
/// each call has a thread of its own besides the one that asks for it, which leaves at the
/// deadline. The thread then finds its connection cut and ends; the bound below counts those
/// that still wait for a name. The destructor waits for all of them.
class HttplibOutgoing : public OutgoingHttp {
 public:
  /// Calls at a time, given up ones included; past it a call fails at once.
  static constexpr std::size_t kMaxCalls = 64;
  /// Connections that are kept for later calls, of all services together.
  static constexpr std::size_t kMaxIdle = 32;
  /// How long each is kept: for less than servers commonly do. It is closed by the next call.
  static constexpr std::chrono::seconds kMaxIdleTime{30};

  /// @param clock  the real one: what is bounded is real waiting.
  explicit HttplibOutgoing(const Clock& clock);
  ~HttplibOutgoing() override;
  HttplibOutgoing(const HttplibOutgoing&) = delete;
  HttplibOutgoing& operator=(const HttplibOutgoing&) = delete;

  Result<OutgoingReply> Get(const std::string& base_url, const std::string& path_and_query,
                            std::chrono::milliseconds timeout) override;
  Result<OutgoingReply> Post(const std::string& base_url, const std::string& path_and_query,
                             const std::string& content_type, const std::string& body,
                             std::chrono::milliseconds timeout) override;
  Result<OutgoingReply> PostAs(const Secret& bearer, const std::string& base_url,
                               const std::string& path_and_query,
                               std::chrono::milliseconds timeout) override;

  /// Every call that is under way fails at once, and so does every later one: whoever shuts down
  /// need not wait for a service that hangs.
  void Stop();

 private:
  class Call;
  struct RunningCall;
  struct IdleClient;

  Result<OutgoingReply> Send(const std::string& base_url, const std::string& path_and_query,
                             OutgoingRequest request);
  /// Joins the threads that are done.
  void CollectLocked() REQUIRES(mutex_);
  /// One that is connected there and has nothing to say, or null.
  std::unique_ptr<OutgoingClient> TakeIdle(const OutgoingTarget& target) EXCLUDES(mutex_);
  void KeepIdle(const OutgoingTarget& target, std::unique_ptr<OutgoingClient> client)
      EXCLUDES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::list<RunningCall> calls_ GUARDED_BY(mutex_);
  std::vector<IdleClient> idle_ GUARDED_BY(mutex_);  ///< the longest idle first
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
