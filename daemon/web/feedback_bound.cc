#include "daemon/web/feedback_bound.h"

#include <gst/rtp/rtp.h>

#include "daemon/web/gst_objects.h"

namespace rtcroom {
namespace {

/// Whether the packet, which may get a marker, passes.
bool Pass(GstPadProbeInfo* info, guint8 extension, FeedbackBound& bound) {
  GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
  if (!gst_rtp_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), GST_MAP_READ, &packet)) {
    return true;  // the library does not count it
  }
  using Verdict = FeedbackBound::Verdict;
  gpointer number = nullptr;
  guint size = 0;
  const bool is_counted =
      gst_rtp_buffer_get_extension_onebyte_header(&packet, extension, 0, &number, &size) &&
      size == sizeof(std::uint16_t);
  Verdict verdict = Verdict::kPass;
  if (is_counted) {
    const auto* const bytes = static_cast<const guint8*>(number);  // at any address
    verdict = bound.Take(static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]),
                         gst_rtp_buffer_get_marker(&packet));
  }
  gst_rtp_buffer_unmap(&packet);
  if (verdict == Verdict::kMark) {
    // A decoder of sound takes no harm of it, nor does a picture, but at the end of a slice.
    GstBuffer* const marked = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    info->data = marked;
    gst_rtp_buffer_map(marked, GST_MAP_READWRITE, &packet);
    gst_rtp_buffer_set_marker(&packet, TRUE);
    gst_rtp_buffer_unmap(&packet);
  }
  return verdict != Verdict::kDrop;
}

}  // namespace

FeedbackBound::Verdict FeedbackBound::Take(std::uint16_t number, bool is_marked) {
  constexpr int kWindow = 64;
  constexpr int kFarthest = 8191;
  constexpr std::uint32_t kMost = 200;
  const int ahead = newest_ ? static_cast<std::int16_t>(number - *newest_) : 1;
  if (ahead > kFarthest || ahead <= -kWindow) return Verdict::kDrop;
  if (ahead <= 0) {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(-ahead);
    if ((seen_ & bit) != 0) return Verdict::kDrop;
    seen_ |= bit;
    ++count_;
    return Verdict::kPass;  // never marked: the library may leave out what comes late
  }
  seen_ = ahead < kWindow ? seen_ << static_cast<unsigned>(ahead) | 1U : 1U;
  newest_ = number;
  const bool is_due = ++count_ >= kMost || ahead >= kWindow;
  if (is_due || is_marked) count_ = 0;
  return is_due && !is_marked ? Verdict::kMark : Verdict::kPass;
}

void BoundFeedback(GstElement* rtpbin, std::uint32_t extension) {
  g_signal_connect(rtpbin, "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer id) {
                     if (!g_str_has_prefix(GST_OBJECT_NAME(pad), "recv_rtp_sink")) return;
                     AddProbe(pad, GST_PAD_PROBE_TYPE_BUFFER,
                              [id, bound = FeedbackBound()](GstPadProbeInfo* info) mutable {
                                return Pass(info, static_cast<guint8>(GPOINTER_TO_UINT(id)), bound);
                              });
                   }),
                   GUINT_TO_POINTER(extension));
}

}  // namespace rtcroom
