#include "daemon/web/frame_ports.h"

#include <utility>

#include <fmt/format.h>
#include <gst/app/app.h>

namespace rtcroom {
namespace {

void TellSize(GstSample* sample, const FrameTap& tap) {
  const GstCaps* const caps = gst_sample_get_caps(sample);
  if (tap.kind != MediaKind::kVideo || caps == nullptr) return;
  const GstStructure* const of = gst_caps_get_structure(caps, 0);
  gint width = 0;
  gint height = 0;
  if (gst_structure_get_int(of, "width", &width) && gst_structure_get_int(of, "height", &height)) {
    tap.hub->SetSize(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
  }
}

GstFlowReturn OnSample(GstAppSink* sink, gpointer data) {
  const SamplePtr sample(gst_app_sink_pull_sample(sink));
  if (sample == nullptr) return GST_FLOW_EOS;
  FrameTap& tap = *static_cast<FrameTap*>(data);
  GstBuffer* const buffer = gst_sample_get_buffer(sample.get());
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return GST_FLOW_OK;
  const std::optional<MediaTime> time = tap.time(sample.get(), buffer);
  if (!time) return GST_FLOW_OK;
  TellSize(sample.get(), tap);
  tap.hub->Deliver({.kind = tap.kind,
                    .is_key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT),
                    .time = *time,
                    .bytes = gst_buffer_get_size(buffer),
                    .buffer = std::shared_ptr<void>(gst_buffer_ref(buffer), [](void* held) {
                      gst_buffer_unref(static_cast<GstBuffer*>(held));
                    })});
  return GST_FLOW_OK;
}

}  // namespace

GstPtr<GstElement> DeliverFrom(GstPad* pad, const std::string& text, const MediaPipeline& pipeline,
                               FrameTap tap) {
  const char* const name = tap.kind == MediaKind::kVideo ? "pictures" : "sound";
  // A sink that is `async` and joins a running pipeline would take that back to paused until it has
  // a first buffer, and the thread that brings the buffers of both would wait at the other one.
  GstPtr<GstElement> bin = pipeline.Append(
      pad, fmt::format("{} ! appsink name={} sync=false async=false max-buffers=200 drop=true",
                       text, name));
  if (bin == nullptr) return nullptr;
  const GstPtr<GstElement> sink(gst_bin_get_by_name(GST_BIN(bin.get()), name));
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = OnSample;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks, new FrameTap(std::move(tap)),
                             [](gpointer held) { delete static_cast<FrameTap*>(held); });
  return bin;
}

std::uint64_t RtmpBytesFrom(GstElement* element) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  if (stats == nullptr) return 0;
  guint64 bytes = 0;
  gst_structure_get_uint64(stats, "in-bytes-total", &bytes);
  gst_structure_free(stats);
  return bytes;
}

void FrameFeed::Take(const MediaFrame& frame) {
  const GstPtr<GstElement>& source = frame.kind == MediaKind::kVideo ? video_ : audio_;
  if (source == nullptr) return;
  // Its bytes are shared, and only its times are the copy's own.
  GstBuffer* const copy = gst_buffer_copy(static_cast<GstBuffer*>(frame.buffer.get()));
  GST_BUFFER_PTS(copy) = static_cast<GstClockTime>(frame.time.count());
  GST_BUFFER_DTS(copy) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_FLAG_UNSET(copy, GST_BUFFER_FLAG_DISCONT);
  bytes_ += frame.bytes;
  gst_app_src_push_buffer(GST_APP_SRC(source.get()), copy);
}

}  // namespace rtcroom
