/// \file trace.h
/// HOLDFAST_TRACE: what goes over the wires, message by message, in the log. Names and lengths
/// only: never a body's bytes, never the value of a header.
///
///     if (trace::isOn(trace::kFcgi)) trace::say(trace::kFcgi, "connection 3 <- STDIN ...");
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace holdfast::trace {

enum Topic : unsigned {
  kFcgi = 1U << 0,    ///< records of the web server's connections
  kHttp = 1U << 1,    ///< requests and answers of the HTTP front end
  kLink = 1U << 2,    ///< frames between host and workers
  kWorker = 1U << 3,  ///< workers' processes
  kHold = 1U << 4,    ///< what is held, and who keeps whom patient
};

/// Set once, at start.
inline std::atomic<unsigned> topics_on = 0;

/// All that a trace costs where it is off.
inline bool isOn(Topic topic) { return (topics_on.load(std::memory_order_relaxed) & topic) != 0; }

/// \param list  such as `fcgi,link`, blanks between them or not, in any case
/// \return what is wrong with it, for a warning, else empty; the known ones in it are on anyway
std::string turnOn(std::string_view list);

/// A line of the log, whatever its level is.
void say(Topic topic, const std::string& text);

}  // namespace holdfast::trace
