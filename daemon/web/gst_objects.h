// Owned objects of GStreamer.
#pragma once

#include <memory>
#include <utility>

#include <gst/gst.h>

namespace rtcroom {

struct GstFree {
  void operator()(gchar* text) const { g_free(text); }
  void operator()(guchar* bytes) const { g_free(bytes); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
  template <typename T>
  void operator()(T* object) const {
    gst_object_unref(object);
  }
};
/// One reference to an element, a pad, or another object of the library, or memory of it.
template <typename T>
using GstPtr = std::unique_ptr<T, GstFree>;
using GText = GstPtr<gchar>;
using CapsPtr = GstPtr<GstCaps>;
using SamplePtr = GstPtr<GstSample>;

/// A weak reference, for callbacks of the library.
template <typename T>
gpointer NewWeak(const std::shared_ptr<T>& owner) {
  return new std::weak_ptr<T>(owner);
}
template <typename T>
void DeleteWeak(gpointer weak) {
  delete static_cast<std::weak_ptr<T>*>(weak);
}

/// Connects a signal to `callback(object, arguments…, gpointer)`, whose last argument is a
/// `std::weak_ptr<T>*`: webrtcbin calls back while its pipeline ends, and afterwards.
template <typename T>
void ConnectWeakly(gpointer object, const char* signal, GCallback callback,
                   const std::shared_ptr<T>& owner) {
  g_signal_connect_data(
      object, signal, callback, NewWeak(owner),
      [](gpointer weak, GClosure*) { DeleteWeak<T>(weak); }, GConnectFlags(0));
}
/// The owner, in such a callback; null when it is gone.
template <typename T>
std::shared_ptr<T> Owner(gpointer weak) {
  return static_cast<std::weak_ptr<T>*>(weak)->lock();
}

/// Adds a probe to a pad: a buffer or an event goes on if `call(info)` returns true, and is dropped
/// otherwise. GStreamer calls it on its own threads, and deletes it with the pad.
template <typename Call>
void AddProbe(GstPad* pad, GstPadProbeType type, Call call) {
  gst_pad_add_probe(
      pad, type,
      [](GstPad*, GstPadProbeInfo* info, gpointer added) {
        return (*static_cast<Call*>(added))(info) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
      },
      new Call(std::move(call)), [](gpointer added) { delete static_cast<Call*>(added); });
}

}  // namespace rtcroom
