// Owned objects of GStreamer.
#pragma once

#include <memory>

#include <gst/gst.h>

namespace rtcroom {

struct GstUnref {
  template <typename T>
  void operator()(T* object) const {
    gst_object_unref(object);
  }
};
/// One reference to an element, a pad, a bus or a clock.
template <typename T>
using GstPtr = std::unique_ptr<T, GstUnref>;

struct GUnref {
  template <typename T>
  void operator()(T* object) const {
    g_object_unref(object);
  }
};
template <typename T>
using GPtr = std::unique_ptr<T, GUnref>;

struct GFree {
  void operator()(void* memory) const { g_free(memory); }
};
using GText = std::unique_ptr<gchar, GFree>;

struct CapsUnref {
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
};
using CapsPtr = std::unique_ptr<GstCaps, CapsUnref>;

/// Connects a signal to `callback(object, arguments…, gpointer)`, whose last argument is a
/// `std::weak_ptr<T>*`: webrtcbin calls back while its pipeline ends, and afterwards.
template <typename T>
void ConnectWeakly(gpointer object, const char* signal, GCallback callback,
                   const std::shared_ptr<T>& owner) {
  g_signal_connect_data(
      object, signal, callback, new std::weak_ptr<T>(owner),
      [](gpointer weak, GClosure*) { delete static_cast<std::weak_ptr<T>*>(weak); },
      GConnectFlags(0));
}
/// The owner, in such a callback; null when it is gone.
template <typename T>
std::shared_ptr<T> Owner(gpointer weak) {
  return static_cast<std::weak_ptr<T>*>(weak)->lock();
}

}  // namespace rtcroom
