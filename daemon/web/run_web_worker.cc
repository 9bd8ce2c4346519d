#include "daemon/web/run_web_worker.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <gst/gst.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include "daemon/web/main_loop.h"
#include "daemon/web/web_peer.h"

namespace rtcroom {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kStep{200};

constexpr auto kElements = std::to_array<const char*>(
    {"aacparse",   "appsink",      "appsrc",       "audioconvert", "audioresample", "avdec_aac",
     "avdec_h264", "avenc_aac",    "flvdemux",     "flvmux",       "h264parse",     "openh264enc",
     "opusdec",    "opusenc",      "rtmp2sink",    "rtmp2src",     "rtph264depay",  "rtph264pay",
     "rtpopuspay", "videoconvert", "rtpopusdepay", "webrtcbin"});

/// An offer of no browser, by which the worker tries the media library at its start.
constexpr const char* kTrialOffer =
    "v=0\nm=video 9 UDP/TLS/RTP/SAVPF 102\na=mid:0\na=rtcp-mux\na=rtpmap:102 H264/90000\n"
    "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\n"
    "a=ice-ufrag:trial\na=ice-pwd:0123456789012345678901\na=fingerprint:sha-256 "
    "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
    "00\n";

/// Opens and ends one session: the first takes up to half a second longer than others, as the
/// library loads its parts then, and one that is missing is noticed. Ends early at `stop`.
Status TryOnce(const PeerNetwork& network, const std::stop_token& stop) {
  const MediaClock clock;
  for (const char* const name : kElements) {
    if (GstPtr<GstElement>(gst_element_factory_make(name, nullptr)) == nullptr) {
      return Error{Errc::kUnavailable, "a part of GStreamer is missing: of good, bad or libav"};
    }
  }
  bool is_answered = false;
  bool has_failed = false;
  const WebOffer offer = *ReadOffer(kTrialOffer, WebWay::kPlay);
  const auto peer = std::make_shared<WebPeer>(
      WebWay::kPlay, offer, network, clock, std::make_shared<StreamHub>(),
      PeerEvents{.answered = [&](const std::string&) { is_answered = true; },
                 .connected = [] {},
                 .failed = [&](SessionFault) { has_failed = true; },
                 .key_wanted = [] {}});
  peer->Begin(offer, network);
  const MediaTime began_at = clock.Now();
  main_loop::Run(kStep, [&] {
    return !is_answered && !has_failed && !peer->has_failed() && !stop.stop_requested() &&
           clock.Now() < began_at + 20s;
  });
  peer->End();
  if (is_answered || stop.stop_requested()) return {};
  return Error{Errc::kUnavailable,
               "no WebRTC of GStreamer (bad, nice), no address but loopback, no free port, or a "
               "machine that is too busy: a trial had no answer"};
}

}  // namespace

std::vector<std::string> LocalAddresses() {
  std::vector<std::string> addresses;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return addresses;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    std::array<char, NI_MAXHOST> text{};
    const bool is_ip = getnameinfo(each->ifa_addr, sizeof(sockaddr_in6), text.data(), text.size(),
                                   nullptr, 0, NI_NUMERICHOST) == 0;
    const std::string_view address = text.data();
    const bool is_link_local = address.starts_with("169.254.") || address.find('%') != address.npos;
    const bool is_loopback = address.starts_with("127.") || address == "::1";
    if (is_ip && !is_link_local && !is_loopback) addresses.emplace_back(address);
  }
  freeifaddrs(first);
  return addresses;
}

Status RunWebWorker(const std::stop_token& stop, const WebWorkerOptions& options,
                    const WorkerDeps& deps) {
  if (Status tried = TryOnce(options.network, stop); !tried || stop.stop_requested()) return tried;
  std::optional<ServerCall<v1::WebReport, v1::WebOrder>> calls;
  WebWorker worker(options, deps.clock, deps.logger,
                   [&calls](v1::WebReport report) { calls->Send(std::move(report)); });
  calls.emplace(
      ServerCallOptions{.method = "/rtcroom.v1.RoomAdmin/ServeWeb",
                        .event = "web_served",
                        .lost_event = "web_not_served",
                        .token = deps.token,
                        .backoff = 200ms,
                        .max_backoff = 2s},  // browsers are refused meanwhile
      ServerCall<v1::WebReport, v1::WebOrder>::Deps{.channel = deps.channel,
                                                    .clock = deps.clock,
                                                    .logger = deps.logger,
                                                    .wake = main_loop::Wake,
                                                    .hello = [&worker] { return worker.Hello(); }});
  deps.ready();
  const std::stop_callback wake(stop, main_loop::Wake);
  MonotonicTime stepped_at{};
  main_loop::Run(kStep, [&] {
    calls->Step();
    while (const std::optional<v1::WebOrder> order = calls->Take()) worker.Obey(*order);
    const MonotonicTime now = deps.clock.Monotonic();
    if (now - stepped_at >= kStep) {
      stepped_at = now;
      worker.Step();
      deps.report(worker.sessions(), calls->is_served());
    }
    return !stop.stop_requested();
  });
  return {};
}

}  // namespace rtcroom
