// A pipeline of the media library.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "daemon/web/gst_objects.h"
#include "daemon/web/media_frame.h"

namespace rtcroom {

/// The clock that all pipelines share: a time means the same in each of them.
///
/// @threads immutable.
class MediaClock {
 public:
  /// The first of a process loads the library.
  MediaClock();

  [[nodiscard]] MediaTime Now() const;
  void Give(GstElement* pipeline) const;

 private:
  const GstPtr<GstClock> clock_;
  const GstClockTime base_;
};

/// @threads for the main loop's thread, unless a method says otherwise.
class MediaPipeline {
 public:
  /// @param text  as for gst-launch-1.0(1); fixed but for numbers, so it is always valid. Its
  ///              elements are installed.
  MediaPipeline(const std::string& text, const MediaClock& clock);
  /// Stops it.
  ~MediaPipeline();
  MediaPipeline(const MediaPipeline&) = delete;
  MediaPipeline& operator=(const MediaPipeline&) = delete;

  void Play();
  /// Waits until its threads have ended.
  void Stop();
  /// Why it has failed, or that its stream has ended: the library's sentence, without what follows
  /// a `?`. nullopt: neither.
  [[nodiscard]] const std::optional<std::string>& end() const { return end_; }

  /// The element of that name; null when there is none. Safe from any thread.
  [[nodiscard]] GstPtr<GstElement> Find(const char* name) const;

  /// Asks for a key frame of what the element named `pictures` gets, if there is one. Safe from any
  /// thread.
  void AskKey() const;

  /// Adds the elements of `text`, running, behind `pad`; null when that fails, or when the pipeline
  /// was stopped. Safe from any thread.
  GstPtr<GstElement> Append(GstPad* pad, const std::string& text) const;

 private:
  static gboolean OnMessage(GstBus* bus, GstMessage* message, gpointer self);

  GstPtr<GstElement> pipeline_;
  std::optional<std::string> end_;
  guint watch_ = 0;
  std::atomic<bool> is_stopped_{false};
};

}  // namespace rtcroom
