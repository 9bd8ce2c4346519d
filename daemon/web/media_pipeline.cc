#include "daemon/web/media_pipeline.h"

#include <utility>

#include <gst/video/video.h>

namespace rtcroom {
namespace {

GstClock* ObtainClock() {
  gst_init(nullptr, nullptr);
  return gst_system_clock_obtain();
}

}  // namespace

MediaClock::MediaClock() : clock_(ObtainClock()), base_(gst_clock_get_time(clock_.get())) {}

MediaTime MediaClock::Now() const {
  return MediaTime(static_cast<MediaTime::rep>(gst_clock_get_time(clock_.get()) - base_));
}

void MediaClock::Give(GstElement* pipeline) const {
  gst_pipeline_use_clock(GST_PIPELINE(pipeline), clock_.get());
  gst_element_set_start_time(pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(pipeline, base_);
}

MediaPipeline::MediaPipeline(const std::string& text, const MediaClock& clock) {
  GstElement* const made = gst_parse_launch(text.c_str(), nullptr);
  // The library makes no pipeline of a single element.
  GstElement* const whole = GST_IS_PIPELINE(made) ? made : gst_pipeline_new(nullptr);
  if (whole != made) gst_bin_add(GST_BIN(whole), made);
  pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(whole)));
  clock.Give(whole);
  const GstPtr<GstBus> bus(gst_pipeline_get_bus(GST_PIPELINE(whole)));
  watch_ = gst_bus_add_watch(bus.get(), OnMessage, this);
}

MediaPipeline::~MediaPipeline() {
  Stop();
  // Elements that were added while it stopped have threads, too.
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void MediaPipeline::Play() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }

void MediaPipeline::Stop() {
  if (watch_ == 0) return;
  g_source_remove(std::exchange(watch_, 0));
  is_stopped_ = true;
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

GstPtr<GstElement> MediaPipeline::Find(const char* name) const {
  return GstPtr<GstElement>(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
}

void MediaPipeline::AskKey() const {
  const GstPtr<GstElement> pictures = Find("pictures");
  if (pictures == nullptr) return;
  const GstPtr<GstPad> pad(gst_element_get_static_pad(pictures.get(), "sink"));
  gst_pad_push_event(pad.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

GstPtr<GstElement> MediaPipeline::Append(GstPad* pad, const std::string& text) const {
  if (is_stopped_) return nullptr;
  GstElement* const made = gst_parse_bin_from_description(text.c_str(), TRUE, nullptr);
  GstPtr<GstElement> bin(GST_ELEMENT(gst_object_ref_sink(made)));
  gst_bin_add(GST_BIN(pipeline_.get()), made);
  if (is_stopped_) return nullptr;  // meanwhile: it stays as it is, without threads
  gst_element_sync_state_with_parent(made);
  const GstPtr<GstPad> sink(gst_element_get_static_pad(made, "sink"));
  if (gst_pad_link(pad, sink.get()) != GST_PAD_LINK_OK) return nullptr;
  return bin;
}

gboolean MediaPipeline::OnMessage(GstBus* /*bus*/, GstMessage* message, gpointer self) {
  auto& pipeline = *static_cast<MediaPipeline*>(self);
  const GstMessageType type = GST_MESSAGE_TYPE(message);
  if (type == GST_MESSAGE_LATENCY) gst_bin_recalculate_latency(GST_BIN(pipeline.pipeline_.get()));
  if (pipeline.end_) return G_SOURCE_CONTINUE;
  if (type == GST_MESSAGE_EOS) pipeline.end_ = "end of stream";
  if (type == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const std::string sentence = error->message;
    g_clear_error(&error);
    pipeline.end_ = sentence.substr(0, sentence.find('?'));  // no query
  }
  return G_SOURCE_CONTINUE;
}

}  // namespace rtcroom
