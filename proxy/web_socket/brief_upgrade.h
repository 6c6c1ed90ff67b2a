/// \file brief_upgrade.h
/// One WebSocket that sends a few frames and closes.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <string>

#include "proxy/web_socket/web_socket_frame.h"

namespace holdfast::proxy {

/// Belongs to one thread. Blocks never.
class BriefUpgrade {
 public:
  using Clock = std::chrono::steady_clock;
  /// What a probe gets back, in a binary message.
  static constexpr char kProbeAnswer[] = "holdfast";

  enum class Kind {
    kProbe,    ///< answers the peer's first message, then closes
    kRefusal,  ///< has closed already, waits for the peer to do so
  };

  /// \param out  what is sent first
  /// \param leftover  what the peer has sent already
  /// \param end  when it is dropped at the latest
  BriefUpgrade(Kind kind, const Poco::Net::StreamSocket& socket, std::string out,
               std::string leftover, Clock::time_point end);

  Kind kind() const { return kind_; }
  const Poco::Net::StreamSocket& socket() const { return socket_; }
  bool wantsToSend() const { return !out_.empty(); }

  /// Sends and receives what can be. \return whether it lives on
  bool advance(Clock::time_point now);
  /// Ends the connection, whoever else may have a copy of the socket.
  void hangUp() { socket_.close(); }

 private:
  bool receive();
  bool take(std::string& bytes);
  bool send();
  void close(CloseCode code, std::string_view reason);

  Kind kind_;
  Poco::Net::StreamSocket socket_;
  std::string out_;
  std::string leftover_;
  FrameDecoder decoder_;
  bool closed_ = false;  ///< our close frame stands in `out_`, or was sent
  Clock::time_point end_;
};

}  // namespace holdfast::proxy
