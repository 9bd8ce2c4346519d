#define GST_USE_UNSTABLE_API
#include "daemon/web/web_peer.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gst/sdp/sdp.h>
#include <gst/video/video.h>
#include <gst/webrtc/webrtc.h>

#include "daemon/web/feedback_bound.h"
#include "daemon/web/main_loop.h"
#include "daemon/web/rtcp_filter.h"
#include "daemon/web/stream_times.h"

namespace rtcroom {
namespace {

using State = GstWebRTCPeerConnectionState;

/// The SHA-256 of a certificate in PEM, in hexadecimal digits; empty when it is none.
std::string FingerprintOf(std::string_view pem) {
  const std::size_t begin = pem.find('\n');
  const std::size_t end = pem.rfind("-----END CERTIFICATE-----");
  if (end == pem.npos || begin > end) return "";
  const std::string body(pem.substr(begin, end - begin));
  gsize size = 0;
  const GstPtr<guchar> der(g_base64_decode(body.c_str(), &size));
  return GText(g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.get(), size)).get();
}

/// @param description  is freed.
void SetDescription(GstElement* rtc, const char* signal, GstWebRTCSessionDescription* description) {
  GstPromise* const promise = gst_promise_new();
  g_signal_emit_by_name(rtc, signal, description, promise);
  gst_promise_unref(promise);
  gst_webrtc_session_description_free(description);
}

void RepeatLost(GstWebRTCRTPTransceiver* transceiver) {
  g_object_set(transceiver, "do-nack", TRUE, nullptr);
}

void RepeatLostOfAll(GstElement* rtc) {
  GArray* transceivers = nullptr;
  g_signal_emit_by_name(rtc, "get-transceivers", &transceivers);
  for (guint i = 0; i < transceivers->len; ++i) {
    RepeatLost(g_array_index(transceivers, GstWebRTCRTPTransceiver*, i));
  }
  g_array_unref(transceivers);
}

/// Calls `call` with each element of that kind.
template <typename Call>
void ForEachElement(GstElement* rtc, const char* kind, Call call) {
  using Found = std::vector<GstPtr<GstElement>>;
  Found found;
  const GstIteratorForeachFunction take = [](const GValue* element, gpointer to) {
    static_cast<Found*>(to)->emplace_back(GST_ELEMENT(g_value_dup_object(element)));
  };
  GstIterator* const elements = gst_bin_iterate_all_by_element_factory_name(GST_BIN(rtc), kind);
  // The first packets of a peer add elements at the same time.
  while (gst_iterator_foreach(elements, take, &found) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(elements);
    found.clear();
  }
  gst_iterator_free(elements);
  for (const GstPtr<GstElement>& element : found) call(element.get());
}

/// Whether it is RTCP that the library may read.
bool IsHarmless(WebPeer& /*peer*/, GstPadProbeInfo* info) {
  GstBuffer* const rtcp = GST_PAD_PROBE_INFO_BUFFER(info);
  GstMapInfo bytes = GST_MAP_INFO_INIT;
  if (!gst_buffer_map(rtcp, &bytes, GST_MAP_READ)) return false;
  const bool is_harmless = !HasTransportFeedback({bytes.data, bytes.size});
  gst_buffer_unmap(rtcp, &bytes);
  return is_harmless;
}

template <typename T>
GstPtr<GObject> ObjectOf(T* of, const char* property) {
  GObject* object = nullptr;
  if (of != nullptr) g_object_get(of, property, &object, nullptr);
  return GstPtr<GObject>(object);
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

/// The pipeline of a medium that is sent to a browser that plays.
std::string MediumText(const OfferedMedium& medium, int index) {
  const std::uint32_t type = *medium.payload_type;
  // The source is in the caps from the start: the answer would name another one, and a browser
  // shows nothing of one that was not named.
  const guint32 source = g_random_int() | 1U;
  const std::string end =
      fmt::format("ssrc=(uint){},payload={} ! rtc.sink_{} ", source, type, index);
  if (medium.is_video) {
    return fmt::format(
        "{} ! rtph264pay ssrc={} pt={} config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! "
        "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,{}",
        kVideoSource, source, type, end);
  }
  return fmt::format(
      "{} ! rtpopuspay ssrc={} pt={} ! "
      "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,{}",
      kAudioSource, source, type, end);
}

std::string PipelineText(WebWay way, const WebOffer& offer, const PeerNetwork& network) {
  std::string text = fmt::format("webrtcbin name=rtc bundle-policy=max-bundle latency={} ",
                                 network.latency.count());
  int index = 0;
  for (const OfferedMedium& medium : offer.media) {
    if (way == WebWay::kPlay && medium.payload_type) text += MediumText(medium, index++);
  }
  return text;
}

}  // namespace

WebPeer::WebPeer(WebWay way, const WebOffer& offer, const PeerNetwork& network,
                 const MediaClock& clock, std::shared_ptr<StreamHub> hub, PeerEvents events)
    : way_(way),
      clock_(clock),
      hub_(std::move(hub)),
      pipeline_(PipelineText(way, offer, network), clock),
      rtc_(pipeline_.Find("rtc")),
      events_(std::move(events)) {}

WebPeer::~WebPeer() {
  if (feed_) hub_->Remove(*feed_);
}

void WebPeer::Post(std::function<void(WebPeer& self)> call) {
  main_loop::Post([weak = weak_from_this(), call = std::move(call)] {
    const std::shared_ptr<WebPeer> self = weak.lock();
    if (self && !self->has_ended_) call(*self);
  });
}

void WebPeer::Watch(GstPad* pad, GstPadProbeType type, Probe probe) {
  AddProbe(pad, type, [weak = weak_from_this(), probe](GstPadProbeInfo* info) {
    const std::shared_ptr<WebPeer> peer = weak.lock();
    return peer && probe(*peer, info);
  });
}

void WebPeer::Fail(SessionFault fault) {
  Post([fault](WebPeer& self) { self.events_.failed(fault); });
}

void WebPeer::Begin(const WebOffer& offer, const PeerNetwork& network) {
  fingerprint_ = offer.fingerprint;
  std::erase(fingerprint_, ':');
  BoundStreams(offer);
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
  if (way_ == WebWay::kPublish) {
    notify("pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer weak) {
             const auto peer = Owner<WebPeer>(weak);
             if (peer && GST_PAD_DIRECTION(pad) == GST_PAD_SRC) peer->Receive(pad);
           }));
  } else {
    GstPtr<GstElement> video = pipeline_.Find("video");
    if (video != nullptr) {
      WatchKeyRequests(GstPtr<GstPad>(gst_element_get_static_pad(video.get(), "src")).get());
    }
    feed_ = std::make_shared<FrameFeed>(std::move(video), pipeline_.Find("audio"));
  }
  RepeatLostOfAll(rtc_.get());
  pipeline_.Play();
  Negotiate(offer.text);
}

void WebPeer::End() {
  if (std::exchange(has_ended_, true)) return;
  pipeline_.Stop();
  rtp_session_.reset();
}

void WebPeer::BoundStreams(const WebOffer& offer) {
  // A peer may send packets, also of RTCP, under ever new SSRCs, each of which takes a thread. A
  // browser has three, and some change them once.
  constexpr guint kMostStreams = 8;
  const GstPtr<GstElement> bin = pipeline_.Find("rtpbin");
  g_object_set(bin.get(), "max-streams", kMostStreams, nullptr);
  if (offer.transport_cc) BoundFeedback(bin.get(), *offer.transport_cc);
}

void WebPeer::SetUpIce(const PeerNetwork& network) {
  const GstPtr<GObject> ice = ObjectOf(rtc_.get(), "ice-agent");
  g_object_set(ice.get(), "min-rtp-port", guint{network.first_port}, "max-rtp-port",
               guint{network.last_port}, nullptr);
  const GstPtr<GObject> agent = ObjectOf(ice.get(), "agent");
  g_object_set(agent.get(), "ice-tcp", gboolean{network.has_tcp}, "upnp", FALSE, nullptr);
  for (const std::string& address : network.addresses) {
    gboolean is_added = FALSE;
    g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &is_added);
  }
}

void WebPeer::Negotiate(const std::string& offer) {
  GstSDPMessage* message = nullptr;
  if (gst_sdp_message_new_from_text(offer.c_str(), &message) != GST_SDP_OK) {
    return Fail(v1::WebEnded::REASON_FAILED);
  }
  // The library does one after the other: of an offer that it does not take there is no answer.
  SetDescription(rtc_.get(), "set-remote-description",
                 gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message));
  GstPromise* const answered = gst_promise_new_with_change_func(
      [](GstPromise* promise, gpointer weak) {
        if (const auto peer = Owner<WebPeer>(weak)) peer->SetAnswer(promise);
      },
      NewWeak(shared_from_this()), [](gpointer weak) { DeleteWeak<WebPeer>(weak); });
  g_signal_emit_by_name(rtc_.get(), "create-answer", nullptr, answered);
  gst_promise_unref(answered);  // not in its call, which never comes if the peer ends first
}

void WebPeer::SetAnswer(GstPromise* promise) {
  if (gst_promise_wait(promise) != GST_PROMISE_RESULT_REPLIED) return;  // the peer has ended
  const GstStructure* const reply = gst_promise_get_reply(promise);
  GstWebRTCSessionDescription* answer = nullptr;
  if (reply != nullptr) {
    gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
  }
  if (answer == nullptr) return Fail(v1::WebEnded::REASON_FAILED);
  SetDescription(rtc_.get(), "set-local-description", answer);
  // The library does not begin without a candidate of the peer. Its own checks tell its address;
  // those of its offer are not used, so nobody is sent anything on its word.
  g_signal_emit_by_name(rtc_.get(), "add-ice-candidate", 0U,
                        "candidate:1 1 UDP 1 127.0.0.1 9 typ host");
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
    return Fail(is_verified_ ? v1::WebEnded::REASON_SILENT : v1::WebEnded::REASON_NEVER_CONNECTED);
  }
  if (state != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED || is_verified_) return;
  if (!HasRightCertificate()) return Fail(v1::WebEnded::REASON_FINGERPRINT);
  if (is_verified_.exchange(true)) return;
  Post([](WebPeer& self) {
    self.HearRtcp();
    self.BoundPackets();
    self.BoundRepeats();
    if (self.feed_) self.hub_->Add(self.feed_);
    if (self.feed_ && self.hub_->needs_key()) self.events_.key_wanted();
    self.events_.connected();
  });
}

bool WebPeer::HasRightCertificate() {
  std::string pem;
  ForEachElement(rtc_.get(), "dtlssrtpdec", [&pem](GstElement* decoder) {
    gchar* text = nullptr;
    g_object_get(decoder, "peer-pem", &text, nullptr);
    const GText owned(text);
    if (text != nullptr) pem = text;
  });
  return g_ascii_strcasecmp(FingerprintOf(pem).c_str(), fingerprint_.c_str()) == 0;
}

void WebPeer::HearRtcp() {
  GObject* session = nullptr;
  g_signal_emit_by_name(pipeline_.Find("rtpbin").get(), "get-internal-session", 0U, &session);
  rtp_session_.reset(session);
  if (session == nullptr) return;
  ConnectWeakly(session, "on-receiving-rtcp", G_CALLBACK(+[](GObject*, GstBuffer*, gpointer weak) {
                  if (const auto peer = Owner<WebPeer>(weak)) ++peer->signs_;
                }),
                shared_from_this());
}

void WebPeer::BoundPackets() {
  // The library keeps a context for each source that a packet names, before it knows that the
  // packet is genuine.
  ForEachElement(rtc_.get(), "srtpdec", [this](GstElement* decoder) {
    const GstPtr<GstPad> decoded(gst_element_get_static_pad(decoder, "rtcp_src"));
    Watch(decoded.get(), GST_PAD_PROBE_TYPE_BUFFER, IsHarmless);
    const GstPtr<GstPad> pad(gst_element_get_static_pad(decoder, "rtp_sink"));
    Watch(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, [](WebPeer& peer, GstPadProbeInfo* info) {
      constexpr std::size_t kMost = 16;
      constexpr RateLimit kRtcp{.per_second = 200, .burst = 100};  // a browser sends some 50
      // SRTP encrypts neither kind nor sender. @source RFC 3550; RFC 5761, section 4.
      std::array<std::uint8_t, 12> head{};
      gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, head.data(), head.size());
      const unsigned type = head[1] & 0x7FU;
      const bool is_rtcp = type >= 64 && type <= 95;
      const std::uint32_t source = GST_READ_UINT32_BE(head.data() + (is_rtcp ? 4 : 8));
      if (is_rtcp && !peer.rtcp_.Take(peer.Now(), kRtcp)) return false;
      if (peer.sources_.size() < kMost) peer.sources_.insert(source);
      return peer.sources_.contains(source);
    });
  });
}

void WebPeer::BoundRepeats() {
  // One packet of RTCP may ask for thousands again, and the library copies each at once.
  ForEachElement(rtc_.get(), "rtprtxsend", [this](GstElement* sender) {
    const GstPtr<GstPad> pad(gst_element_get_static_pad(sender, "src"));
    Watch(pad.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, [](WebPeer& peer, GstPadProbeInfo* info) {
      constexpr RateLimit kMost{.per_second = 1000, .burst = 100};
      const GstStructure* const asked = gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info));
      const bool is_repeat =
          asked != nullptr && gst_structure_has_name(asked, "GstRTPRetransmissionRequest");
      return !is_repeat || peer.repeats_.Take(peer.Now(), kMost);
    });
  });
}

bool WebPeer::HasManySources() const {
  constexpr guint kMost = 64;
  guint count = 0;
  if (rtp_session_) g_object_get(rtp_session_.get(), "num-sources", &count, nullptr);
  return count > kMost;
}

void WebPeer::Receive(GstPad* pad) {
  const CapsPtr caps(gst_pad_get_current_caps(pad));
  if (caps == nullptr) return;
  Watch(pad, GST_PAD_PROBE_TYPE_BUFFER, [](WebPeer& peer, GstPadProbeInfo* info) {
    peer.bytes_ += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    return true;
  });
  const gchar* const media =
      gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "media");
  const MediaKind kind = media != nullptr && std::string_view(media) == "video" ? MediaKind::kVideo
                                                                                : MediaKind::kAudio;
  if ((kind == MediaKind::kVideo ? has_video_ : has_audio_).exchange(true)) {
    pipeline_.Append(pad, "fakesink sync=false async=false");
    return;
  }
  // After a loss pictures go on, damaged until the next key frame: with loss, waiting for one would
  // mostly show none.
  const char* const text =
      kind == MediaKind::kVideo
          ? "rtph264depay request-keyframe=true wait-for-keyframe=false ! h264parse "
            "config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au"
          : "rtpopusdepay";
  FrameTap tap{.kind = kind, .hub = hub_, .time = TimeOf(kind)};
  const GstPtr<GstElement> bin = DeliverFrom(pad, text, pipeline_, std::move(tap));
  if (bin == nullptr || kind == MediaKind::kAudio) return;
  Watch(pad, GST_PAD_PROBE_TYPE_BUFFER, [](WebPeer& peer, GstPadProbeInfo* info) {
    constexpr std::uint64_t kOverhead = 512;  // of each packet: the smallest ones cost most
    peer.unfinished_ += gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info)) + kOverhead;
    return true;
  });
  WatchKeyRequests(GstPtr<GstPad>(gst_element_get_static_pad(bin.get(), "sink")).get());
  AskKey();
}

FrameTime WebPeer::TimeOf(MediaKind kind) {
  return [weak = weak_from_this(), kind, steady = SteadySound()](
             GstSample* sample, GstBuffer* buffer) mutable -> std::optional<MediaTime> {
    const auto peer = weak.lock();
    if (peer && kind == MediaKind::kVideo) peer->unfinished_ = 0;
    if (!peer || !peer->is_verified_) return std::nullopt;
    const MediaTime time(static_cast<MediaTime::rep>(gst_segment_to_running_time(
        gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer))));
    if (kind == MediaKind::kVideo) return time;
    std::array<std::uint8_t, 2> head{};
    const gsize size = gst_buffer_extract(buffer, 0, head.data(), head.size());
    return steady.Next(time, OpusDuration(std::span(head).first(size)));
  };
}

void WebPeer::WatchKeyRequests(GstPad* pad) {
  Watch(pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, [](WebPeer& peer, GstPadProbeInfo* info) {
    return !gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)) ||
           peer.OnKeyRequest();
  });
}

bool WebPeer::OnKeyRequest() {
  // One packet of RTCP may have a hundred requests, and each of a player costs the main loop time.
  const std::chrono::milliseconds pause(way_ == WebWay::kPlay ? 100 : 500);
  const MediaTime now = clock_.Now();
  MediaTime asked_at = asked_at_;
  if (now - asked_at < pause || !asked_at_.compare_exchange_strong(asked_at, now)) return false;
  ++key_requests_;
  if (way_ == WebWay::kPlay) Post([](WebPeer& self) { self.events_.key_wanted(); });
  return true;
}

void WebPeer::WriteStats(v1::WebSessionStats& stats) const {
  stats.set_key_requests(key_requests_);
  if (rtp_session_ == nullptr) return;
  GstStructure* known = nullptr;
  g_object_get(rtp_session_.get(), "stats", &known, nullptr);
  if (known == nullptr) return;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  const GValue* const value = gst_structure_get_value(known, "source-stats");
  const auto* const sources =
      value == nullptr ? nullptr : static_cast<GValueArray*>(g_value_get_boxed(value));
  guint lost = 0;
  for (guint i = 0; sources != nullptr && i < sources->n_values; ++i) {
    const GstStructure* const source = gst_value_get_structure(&sources->values[i]);
    if (source == nullptr || Holds(source, "internal")) continue;
    if (Holds(source, "have-rb")) {
      // The library counts in units of 2^-16 s.
      stats.set_rtt_ms((NumberOf(source, "rb-round-trip") * 1000U) >> 16U);
      lost = std::max(lost, NumberOf(source, "rb-fractionlost"));
    }
    if (Holds(source, "have-sr")) lost = std::max(lost, NumberOf(source, "sent-rb-fractionlost"));
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  gst_structure_free(known);
  constexpr double kWhole = 256;
  stats.set_loss(lost / kWhole);
}

}  // namespace rtcroom
