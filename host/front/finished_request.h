/// \file finished_request.h
/// What became of a request, told once for each: when its answer has left the host completely, or
/// when it was given up. For the log and for `holdfast status`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace holdfast {

/// How a request ended.
enum class RequestEnd {
  kFinished,    ///< all of the answer is out, be it an error page
  kCut,         ///< by the host: the app or its worker failed, or the client was too slow
  kClientLeft,  ///< or the web server gave it up
};

/// Its texts are as they came from outside, and valid only while it is told.
struct FinishedRequest {
  std::string_view id;
  std::string_view method;
  std::string_view uri;          ///< REQUEST_URI: path and query
  int status = 0;                ///< 0: no answer had begun
  std::uint64_t body_bytes = 0;  ///< of the answer's body, without framing: what went to the client
  std::chrono::microseconds queued{0};  ///< until a worker had it, or until it was answered without
  std::chrono::microseconds in_app{0};  ///< from then to the end of the app's answer
  std::chrono::microseconds sending{0};  ///< from then until the answer was out
  int worker = 0;                        ///< pid; 0: none ever had it
  RequestEnd end = RequestEnd::kFinished;
};

/// Called on the event loop's thread; must not throw.
using FinishedSink = std::function<void(const FinishedRequest&)>;

}  // namespace holdfast
