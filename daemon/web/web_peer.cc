#define GST_USE_UNSTABLE_API
#include "daemon/web/web_peer.h"

#include <string_view>
#include <utility>

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include "daemon/web/main_loop.h"

namespace rtcroom {
namespace {

using State = GstWebRTCPeerConnectionState;

/// A promise whose reply calls `then(peer, reply)` on a thread of the library, while the peer
/// lives.
GstPromise* Then(const std::shared_ptr<WebPeer>& peer,
                 std::function<void(WebPeer& peer, const GstStructure* reply)> then) {
  struct Continuation {
    std::weak_ptr<WebPeer> peer;
    std::function<void(WebPeer& peer, const GstStructure* reply)> then;
  };
  return gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer data) {
        const auto& call = *static_cast<Continuation*>(data);
        const std::shared_ptr<WebPeer> held = call.peer.lock();
        const bool is_replied = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED;
        if (held && is_replied) call.then(*held, gst_promise_get_reply(promise));
        gst_promise_unref(promise);
      },
      new Continuation{peer, std::move(then)},
      [](gpointer call) { delete static_cast<Continuation*>(call); });
}

bool IsError(const GstStructure* reply) {
  return reply != nullptr && gst_structure_has_field(reply, "error");
}

/// The SHA-256 of a certificate in PEM, as a fingerprint is written; empty when it is none.
std::string FingerprintOf(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const std::size_t begin = pem.find(kBegin);
  const std::size_t end = pem.find("-----END CERTIFICATE-----");
  if (begin == pem.npos || end == pem.npos || end < begin) return "";
  const std::size_t from = begin + kBegin.size();
  const std::string body(pem.substr(from, end - from));
  gsize size = 0;
  const std::unique_ptr<guchar, GFree> der(g_base64_decode(body.c_str(), &size));
  const GText sum(g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.get(), size));
  const std::string_view digits = sum.get();
  std::string fingerprint;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i % 2 == 0) fingerprint += ':';
    fingerprint += g_ascii_toupper(digits[i]);
  }
  return fingerprint;
}

void RepeatLost(GstWebRTCRTPTransceiver* transceiver) {
  g_object_set(transceiver, "do-nack", TRUE, nullptr);
}

template <typename Call>
void ForEachTransceiver(GstElement* rtc, Call call) {
  GArray* transceivers = nullptr;
  g_signal_emit_by_name(rtc, "get-transceivers", &transceivers);
  if (transceivers == nullptr) return;
  for (guint i = 0; i < transceivers->len; ++i) {
    call(g_array_index(transceivers, GstWebRTCRTPTransceiver*, i));
  }
  g_array_unref(transceivers);
}

template <typename T>
GPtr<GObject> ObjectOf(T* of, const char* property) {
  GObject* object = nullptr;
  if (of != nullptr) g_object_get(of, property, &object, nullptr);
  return GPtr<GObject>(object);
}

/// A number of a structure; 0 when it is not there.
guint NumberOf(const GstStructure* of, const char* name) {
  guint number = 0;
  gst_structure_get_uint(of, name, &number);
  return number;
}
bool Holds(const GstStructure* of, const char* name) {
  gboolean value = FALSE;
  return gst_structure_get_boolean(of, name, &value) && value;
}

}  // namespace

WebPeer::WebPeer(const std::string& pipeline, const MediaClock& clock, PeerEvents events)
    : pipeline_(pipeline, clock,
                [this](const std::string&) {
                  MainLoop::Post([weak = weak_from_this()] {
                    if (const auto self = weak.lock()) self->Fail(SessionFault::kFailed);
                  });
                }),
      events_(std::move(events)) {
  if (pipeline_.is_usable()) rtc_ = pipeline_.Find("rtc");
}

void WebPeer::Post(std::function<void(WebPeer& self)> call) {
  MainLoop::Post([weak = weak_from_this(), call = std::move(call)] {
    const std::shared_ptr<WebPeer> self = weak.lock();
    if (self && !self->has_ended_) call(*self);
  });
}

void WebPeer::Fail(SessionFault fault) {
  if (!has_ended_) events_.failed(fault);
}

void WebPeer::Begin(const WebOffer& offer, const PeerNetwork& network) {
  if (rtc_ == nullptr) {
    return Post([](WebPeer& self) { self.Fail(SessionFault::kFailed); });
  }
  fingerprint_ = offer.fingerprint;
  BoundStreams();
  SetUpIce(network);
  const auto self = shared_from_this();
  const auto notify = [&](const char* signal, GCallback callback) {
    ConnectWeakly(rtc_.get(), signal, callback, self);
  };
  notify("on-new-transceiver", G_CALLBACK(+[](GstElement*, GstWebRTCRTPTransceiver* transceiver,
                                              gpointer) { RepeatLost(transceiver); }));
  notify("notify::ice-gathering-state", G_CALLBACK(+[](GstElement*, GParamSpec*, gpointer weak) {
           if (const auto peer = Owner<WebPeer>(weak)) peer->CheckGathering();
         }));
  notify("notify::connection-state", G_CALLBACK(+[](GstElement*, GParamSpec*, gpointer weak) {
           if (const auto peer = Owner<WebPeer>(weak)) peer->CheckConnection();
         }));
  Prepare(offer);
  ForEachTransceiver(rtc_.get(), RepeatLost);
  pipeline_.Play();
  SetOffer(offer);
}

void WebPeer::End() {
  if (std::exchange(has_ended_, true)) return;
  pipeline_.Stop();
  rtp_session_.reset();
}

void WebPeer::BoundStreams() {
  // A peer may send packets, also of RTCP, under ever new SSRCs, each of which takes a thread. A
  // browser has three, and some change them once.
  constexpr guint kMostStreams = 8;
  const GstPtr<GstElement> bin(gst_bin_get_by_name(GST_BIN(rtc_.get()), "rtpbin"));
  if (bin != nullptr) g_object_set(bin.get(), "max-streams", kMostStreams, nullptr);
}

void WebPeer::SetUpIce(const PeerNetwork& network) {
  const GPtr<GObject> ice = ObjectOf(rtc_.get(), "ice-agent");
  g_object_set(ice.get(), "min-rtp-port", guint{network.first_port}, "max-rtp-port",
               guint{network.last_port}, nullptr);
  const GPtr<GObject> agent = ObjectOf(ice.get(), "agent");
  g_object_set(agent.get(), "ice-tcp", gboolean{network.has_tcp}, "upnp", FALSE, nullptr);
  for (const std::string& address : network.addresses) {
    gboolean is_added = FALSE;
    g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &is_added);
  }
}

void WebPeer::SetOffer(const WebOffer& offer) {
  GstSDPMessage* message = nullptr;
  if (gst_sdp_message_new_from_text(offer.text.c_str(), &message) != GST_SDP_OK) {
    return Post([](WebPeer& self) { self.Fail(SessionFault::kFailed); });
  }
  GstWebRTCSessionDescription* const description =
      gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
  GstPromise* const promise =
      Then(shared_from_this(), [](WebPeer& self, const GstStructure* reply) {
        if (!IsError(reply)) return self.CreateAnswer();
        self.Post([](WebPeer& failed) { failed.Fail(SessionFault::kFailed); });
      });
  g_signal_emit_by_name(rtc_.get(), "set-remote-description", description, promise);
  gst_webrtc_session_description_free(description);
}

void WebPeer::CreateAnswer() {
  GstPromise* const promise = Then(
      shared_from_this(), [](WebPeer& self, const GstStructure* reply) { self.SetAnswer(reply); });
  g_signal_emit_by_name(rtc_.get(), "create-answer", nullptr, promise);
}

void WebPeer::SetAnswer(const GstStructure* reply) {
  GstWebRTCSessionDescription* answer = nullptr;
  if (reply != nullptr) {
    gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
  }
  if (answer == nullptr) {
    return Post([](WebPeer& self) { self.Fail(SessionFault::kFailed); });
  }
  GstPromise* const promise = Then(shared_from_this(), [](WebPeer& self, const GstStructure* set) {
    if (IsError(set)) {
      return self.Post([](WebPeer& failed) { failed.Fail(SessionFault::kFailed); });
    }
    // The library does not begin without a candidate of the peer. Its own checks tell its
    // address; those of its offer are not used, so nobody is sent anything on its word.
    g_signal_emit_by_name(self.rtc_.get(), "add-ice-candidate", 0U,
                          "candidate:1 1 UDP 1 127.0.0.1 9 typ host");
    self.CheckGathering();
  });
  g_signal_emit_by_name(rtc_.get(), "set-local-description", answer, promise);
  gst_webrtc_session_description_free(answer);
}

void WebPeer::CheckGathering() {
  GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
  GstWebRTCSessionDescription* description = nullptr;
  g_object_get(rtc_.get(), "ice-gathering-state", &state, "local-description", &description,
               nullptr);
  if (description == nullptr) return;
  const GText text(gst_sdp_message_as_text(description->sdp));
  gst_webrtc_session_description_free(description);
  if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE || has_answered_.exchange(true)) return;
  Post([answer = std::string(text.get())](WebPeer& self) { self.events_.answered(answer); });
}

void WebPeer::CheckConnection() {
  State state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  g_object_get(rtc_.get(), "connection-state", &state, nullptr);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED ||
      state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED) {
    return Post([](WebPeer& self) { self.Fail(SessionFault::kSilent); });
  }
  if (state != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED || has_connected_.exchange(true)) return;
  if (!HasRightCertificate()) {
    return Post([](WebPeer& self) { self.Fail(SessionFault::kFingerprint); });
  }
  Verified();
  Post([](WebPeer& self) {
    self.HearRtcp();
    self.events_.connected();
  });
}

bool WebPeer::HasRightCertificate() {
  std::string pem;
  ForEachTransceiver(rtc_.get(), [&pem](GstWebRTCRTPTransceiver* transceiver) {
    for (const char* const end : {"receiver", "sender"}) {
      const GPtr<GObject> of = ObjectOf(transceiver, end);
      const GPtr<GObject> transport = ObjectOf(of.get(), "transport");
      gchar* text = nullptr;
      if (transport != nullptr) g_object_get(transport.get(), "remote-certificate", &text, nullptr);
      const GText owned(text);
      if (text != nullptr && *text != '\0') pem = text;
    }
  });
  return g_ascii_strcasecmp(FingerprintOf(pem).c_str(), fingerprint_.c_str()) == 0;
}

void WebPeer::HearRtcp() {
  const GstPtr<GstElement> bin(gst_bin_get_by_name(GST_BIN(rtc_.get()), "rtpbin"));
  if (bin == nullptr) return;
  GObject* session = nullptr;
  g_signal_emit_by_name(bin.get(), "get-internal-session", 0U, &session);
  rtp_session_.reset(session);
  if (session == nullptr) return;
  ConnectWeakly(session, "on-receiving-rtcp", G_CALLBACK(+[](GObject*, GstBuffer*, gpointer weak) {
                  if (const auto peer = Owner<WebPeer>(weak)) ++peer->signs_;
                }),
                shared_from_this());
}

PeerFigures WebPeer::Figures() const {
  PeerFigures figures;
  if (rtp_session_ == nullptr) return figures;
  GstStructure* stats = nullptr;
  g_object_get(rtp_session_.get(), "stats", &stats, nullptr);
  if (stats == nullptr) return figures;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  const GValue* const value = gst_structure_get_value(stats, "source-stats");
  const auto* const sources =
      value == nullptr ? nullptr : static_cast<GValueArray*>(g_value_get_boxed(value));
  guint lost = 0;
  for (guint i = 0; sources != nullptr && i < sources->n_values; ++i) {
    const GstStructure* const source = gst_value_get_structure(&sources->values[i]);
    if (source == nullptr || Holds(source, "internal")) continue;
    if (Holds(source, "have-rb")) {
      // The library counts in units of 2^-16 s.
      figures.rtt_ms = (NumberOf(source, "rb-round-trip") * 1000U) >> 16U;
      lost = std::max(lost, NumberOf(source, "rb-fractionlost"));
    }
    if (Holds(source, "have-sr")) lost = std::max(lost, NumberOf(source, "sent-rb-fractionlost"));
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  gst_structure_free(stats);
  constexpr double kWhole = 256;
  figures.loss = lost / kWhole;
  return figures;
}

}  // namespace rtcroom
