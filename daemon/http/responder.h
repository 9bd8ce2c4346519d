// The right to answer one request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "daemon/http/message.h"
#include "daemon/http/streamed_reply.h"
#include "daemon/http/two_way_stream.h"

namespace rtcroom {

/// The receiver of a reply: a connection.
///
/// @threads safe from any thread. `turn` identifies the request of a call.
class ReplySink {
 public:
  virtual ~ReplySink() = default;

  virtual void Send(std::uint32_t turn, HttpReply reply) noexcept = 0;
  /// Answers with an internal error.
  virtual void Abandon(std::uint32_t turn) noexcept = 0;
  virtual std::shared_ptr<StreamedReply> Open(std::uint32_t turn, HttpReply head,
                                              StreamedReply::OnEnd on_end) = 0;
  virtual std::shared_ptr<TwoWayStream> Upgrade(std::uint32_t turn, HttpReply head,
                                                TwoWayStream::Owner owner) = 0;
  virtual void OnClosed(std::uint32_t turn, std::function<void()> tell) = 0;
  virtual void RunInSlices(std::uint32_t turn, std::function<bool()> slice) = 0;
  /// @return false when no worker is free; then the task is gone.
  virtual bool RunOnWorker(std::uint32_t turn, std::function<void()> task) = 0;
};

/// The right to answer one request once, now or later, from any thread. The connection waits for
/// the reply without blocking a thread. A reply that is sent before the handler has returned is
/// written by the handler's thread. Destruction without a reply sends an internal error.
///
/// @threads for one thread at a time.
class Responder {
 public:
  Responder() = default;  ///< of no request
  Responder(std::shared_ptr<ReplySink> sink, std::uint32_t turn)
      : sink_(std::move(sink)), turn_(turn) {}
  ~Responder() {
    if (sink_) sink_->Abandon(turn_);
  }
  Responder(Responder&&) noexcept = default;
  /// Abandons the request that this object was to answer, if any.
  Responder& operator=(Responder&& other) noexcept {
    Responder replaced(std::move(*this));
    sink_ = std::move(other.sink_);
    turn_ = other.turn_;
    return *this;
  }

  /// Whether the request is still to be answered by this object.
  explicit operator bool() const { return sink_ != nullptr; }

  /// The first call answers; later ones do nothing.
  void Send(HttpReply reply) noexcept {
    if (const auto sink = std::exchange(sink_, nullptr)) sink->Send(turn_, std::move(reply));
  }

  /// Answers with a reply whose body is streamed. Its headers are those of `head`, whose status is
  /// 200 and whose body is ignored; a HEAD request gets only the headers.
  std::shared_ptr<StreamedReply> Open(HttpReply head, StreamedReply::OnEnd on_end) {
    std::shared_ptr<StreamedReply> stream = sink_->Open(turn_, std::move(head), std::move(on_end));
    sink_ = nullptr;  // only now: if opening throws, the request can still be answered
    return stream;
  }

  /// Answers 101 and turns the connection into a stream of bytes in both directions, if the request
  /// has an `upgrade`. The headers of `head` name the chosen protocol, `Connection` is added;
  /// status and body are ignored.
  std::shared_ptr<TwoWayStream> Upgrade(HttpReply head, TwoWayStream::Owner owner) {
    std::shared_ptr<TwoWayStream> stream = sink_->Upgrade(turn_, std::move(head), std::move(owner));
    sink_ = nullptr;  // as above
    return stream;
  }

  /// Has `tell` called once, on the thread of the request's connection, when the client has ended
  /// the connection, or sends no more; if it has already: soon. Not before the handler has
  /// returned, and not after an answer. A client that still reads gets the answer. Further requests
  /// that it has sent meanwhile hide its end until then. Call it at most once; `tell` must not
  /// throw.
  void OnClosed(std::function<void()> tell) { sink_->OnClosed(turn_, std::move(tell)); }

  /// Calls `slice` until it returns true, on the thread of the request's connection; other
  /// connections run between two calls. Stops early when the client has disconnected. Of a request
  /// that runs on a worker: at once, on the caller's thread.
  void RunInSlices(std::function<bool()> slice) { sink_->RunInSlices(turn_, std::move(slice)); }

  /// Calls `task` on a worker, where it may wait, perhaps before this returns. This object may be
  /// one that the task answers with.
  /// @return false when no worker is free: the task is not called.
  bool RunOnWorker(std::function<void()> task) {
    const std::shared_ptr<ReplySink> sink = sink_;  // the task may end this object's right
    return sink->RunOnWorker(turn_, std::move(task));
  }

 private:
  std::shared_ptr<ReplySink> sink_{};  ///< shared with its loop; null when answered
  std::uint32_t turn_ = 0;
};

}  // namespace rtcroom
