// Helpers that create metrics in one call.
#pragma once

#include <cstdint>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace rtcroom {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

/// The returned objects are owned by the registry; add each name once.
CounterFamily& AddCounters(prometheus::Registry& registry, const char* name, const char* help);
GaugeFamily& AddGauges(prometheus::Registry& registry, const char* name, const char* help);
HistogramFamily& AddHistograms(prometheus::Registry& registry, const char* name, const char* help);

/// The only series of its family, without a label.
prometheus::Counter& AddCounter(prometheus::Registry& registry, const char* name, const char* help);
prometheus::Gauge& AddGauge(prometheus::Registry& registry, const char* name, const char* help);

/// Raises a counter to a total that is counted elsewhere.
void RaiseTo(prometheus::Counter& counter, std::uint64_t total);

}  // namespace rtcroom
