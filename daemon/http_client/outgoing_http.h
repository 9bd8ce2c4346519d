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
#include "daemon/http_client/outgoing_call.h"
#include "daemon/http_client/outgoing_reply.h"

namespace rtcroom {

class OutgoingClient;
struct OutgoingTarget;

/// Each call sends one request. It follows no redirect, sends and stores no cookie, and verifies
/// `https` servers against the system's certificate authorities.
///
/// @threads implementations are safe from any thread.
class OutgoingHttp {
 public:
  virtual ~OutgoingHttp() = default;

  /// Uses a fresh connection: a request that must not be repeated is not sent on a connection that
  /// the server may be closing.
  ///
  /// @param base_url        `http://` or `https://`, host, optional port and path.
  /// @param path_and_query  starts with `/`, percent-encoded already; appended to the base's path.
  /// @param timeout         of the whole call, from name resolution to the last byte.
  /// @return  any response, whatever its status.
  /// @errors  kUnreachable when nothing of the request was sent: an invalid base URL, an unknown
  ///          name, a refused connection, an untrusted certificate, a timeout, or any other reason
  ///          before sending. kUnavailable when part of it was sent: no response in time, an
  ///          unreadable one, or one of more than `kMaxOutgoingReplyBytes`. The message contains
  ///          neither path nor query.
  virtual Result<OutgoingReply> Get(const std::string& base_url, const std::string& path_and_query,
                                    std::chrono::milliseconds timeout) = 0;

  /// It does what `Get` does with a body, and on a connection that an earlier call has left open,
  /// if there is one. If the server closes it at that moment the call fails: a caller whose request
  /// is repeatable retries.
  virtual Result<OutgoingReply> Post(const std::string& base_url, const std::string& path_and_query,
                                     const std::string& content_type, const std::string& body,
                                     std::chrono::milliseconds timeout) = 0;

  /// It does what `Get` does, by POST, without a body and with `Authorization: Bearer`.
  virtual Result<OutgoingReply> PostAs(const Secret& bearer, const std::string& base_url,
                                       const std::string& path_and_query,
                                       std::chrono::milliseconds timeout) = 0;

  /// Any call, with the same parameters, results and errors.
  /// @errors  kUnreachable also when a header, the method or the path is not printable ASCII, or
  ///          contains a space where none may be. kUnavailable also for a response of more than
  ///          `call.max_reply_bytes`.
  virtual Result<OutgoingReply> Send(const std::string& base_url, const OutgoingCall& call,
                                     std::chrono::milliseconds timeout) = 0;
};

/// The implementation on cpp-httplib.
///
/// That library bounds each read but not their sum, and name resolution has no bound. So each call
/// runs on a thread of its own, while the calling thread returns at the deadline. The call's thread
/// then finds its connection closed and ends; the bound below includes threads that still wait for
/// name resolution. The destructor waits for all of them.
class HttplibOutgoing : public OutgoingHttp {
 public:
  /// Concurrent calls, including aborted ones; above it a call fails at once.
  static constexpr std::size_t kMaxCalls = 64;
  /// Connections kept for later calls, over all services.
  static constexpr std::size_t kMaxIdle = 32;
  /// How long each is kept: less than servers commonly do. The next call closes it.
  static constexpr std::chrono::seconds kMaxIdleTime{30};

  /// @param clock  the real one: it bounds real waits.
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
  Result<OutgoingReply> Send(const std::string& base_url, const OutgoingCall& call,
                             std::chrono::milliseconds timeout) override;

  /// Fails every call in progress at once, and every later one: a shutdown does not wait for a
  /// hanging service.
  void Stop();

 private:
  class Call;
  struct RunningCall;
  struct IdleClient;

  /// Joins finished threads.
  void CollectLocked() REQUIRES(mutex_);
  /// An idle connection to that target without unread bytes, or null.
  std::unique_ptr<OutgoingClient> TakeIdle(const OutgoingTarget& target) EXCLUDES(mutex_);
  void KeepIdle(const OutgoingTarget& target, std::unique_ptr<OutgoingClient> client)
      EXCLUDES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::list<RunningCall> calls_ GUARDED_BY(mutex_);
  std::vector<IdleClient> idle_ GUARDED_BY(mutex_);  ///< longest idle first
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace rtcroom
