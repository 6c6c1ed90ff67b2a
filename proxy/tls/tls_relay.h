/// \file tls_relay.h
/// Moves the bytes of one TLS connection between its peer and a plain socket.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "proxy/session/wake_poll.h"
#include "proxy/tls/tls_pump.h"
#include "proxy/tls/tls_stream.h"

namespace holdfast::proxy {

/// Belongs to the thread of run(), but for stop().
class TlsRelay {
 public:
  /// \param peer   the TLS side
  /// \param inner  the plain one, connected to whoever does not speak TLS
  /// \param host   as of TlsStream
  /// \param on_secure  called once the handshake is done
  TlsRelay(const TlsContext& context, const Poco::Net::StreamSocket& peer,
           const Poco::Net::StreamSocket& inner, const std::string& host,
           const TlsPumpLimits& limits, std::function<void()> on_secure);

  /// Until the end. \return why it came, in words; empty: as it should, or by stop()
  std::string run();
  /// From any thread.
  void stop();

 private:
  /// What must become possible before a TLS call is tried again.
  enum class Awaits { kNothing, kRead, kWrite };

  /// Bytes on their way; as many as one TLS record has.
  class Buffer {
   public:
    bool empty() const { return begin_ == end_; }
    /// Only where it is empty().
    std::span<std::byte> room() { return bytes_; }
    void fill(std::size_t count) {
      begin_ = 0;
      end_ = count;
    }
    std::span<const std::byte> content() const {
      return std::span(bytes_).subspan(begin_, end_ - begin_);
    }
    void take(std::size_t count) { begin_ += count; }
    void clear() { begin_ = end_; }

   private:
    std::array<std::byte, 16 * 1024> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
  };

  bool isOver() const;
  std::string lateness() const;
  // Each of these: \return whether anything moved, so that it is worth going on
  bool shakeHands();
  bool moveIn();
  bool readPeer();
  bool giveInner();
  bool moveOut();
  bool takeInner();
  bool writePeer();
  bool tellEnd();

  bool settle(TlsStatus status, Awaits& awaits);
  void endInner();
  void loseInner();
  void setDeadline(std::chrono::milliseconds time);
  /// Until something can go on. \return false: the time is up
  bool wait();

  const TlsPumpLimits limits_;
  const std::function<void()> on_secure_;
  Poco::Net::StreamSocket peer_;
  Poco::Net::StreamSocket inner_;
  TlsStream tls_;
  WakePoll poll_;
  std::atomic<bool> stopping_{false};
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();

  Buffer in_;   ///< from the peer
  Buffer out_;  ///< to the peer
  bool is_secure_ = false;
  bool failed_ = false;
  Awaits read_awaits_ = Awaits::kNothing;  ///< the handshake as well
  Awaits write_awaits_ = Awaits::kNothing;
  bool peer_ended_ = false;
  bool end_told_ = false;       ///< to the peer
  bool inner_is_dry_ = false;   ///< has nothing just now
  bool inner_is_full_ = false;  ///< takes nothing just now
  bool inner_ended_ = false;
  bool inner_told_ = false;     ///< that the peer has ended
  bool inner_is_gone_ = false;  ///< takes nothing any more
};

}  // namespace holdfast::proxy
