/// \file status_socket.h
/// The host's end of `holdfast status`.
///
///     client: "status\n"        host: one JSON document, end of the stream
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "host/front/output_queue.h"
#include "host/platform/event_loop.h"
#include "host/platform/private_sockets.h"

namespace holdfast {

struct StatusLimits {
  std::size_t connections = 32;  ///< others wait until one of these is done
  std::size_t request_bytes = 64;
  std::chrono::milliseconds request_time{1000};  ///< for the client to say what it wants
  std::chrono::milliseconds answer_time{5000};   ///< for the client to take the answer
  /// How often to look whether the socket is still there: some systems tidy their temporary
  /// folders, and end that of a user's session when the user leaves.
  std::chrono::milliseconds check{30'000};
};

/// Belongs to the event loop's thread. A socket that cannot be made is warned of, tried again at
/// each check, and fails nothing.
class StatusSocket {
 public:
  /// \param report  makes the answer
  StatusSocket(EventLoop& loop, std::function<std::string()> report,
               const StatusLimits& limits = {}, PrivatePlaces places = {});
  ~StatusSocket();

  static constexpr std::string_view kRequest = "status\n";

 private:
  class Connection;

  void open();
  void check();
  void onReady();
  void pauseAccepting();
  void onDone(Connection& connection);

  EventLoop& loop_;
  const std::function<std::string()> report_;
  const StatusLimits limits_;
  const PrivatePlaces places_;
  std::string last_problem_;
  OpenedListener listener_;
  std::unique_ptr<Watch> watch_;
  std::list<std::unique_ptr<Connection>> connections_;
  Timer check_;
  Timer pause_;
};

}  // namespace holdfast
