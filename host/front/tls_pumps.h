/// \file tls_pumps.h
/// The TLS connections of one listener, each with its pump.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "host/platform/event_loop.h"
#include "host/platform/socket.h"
#include "host/rare_warning.h"
#include "proxy/tls/tls_pump.h"

namespace holdfast {

/// A pump lives as long as its connection, also when its plain side was given away. Belongs to the
/// event loop's thread.
class TlsPumps {
 public:
  explicit TlsPumps(EventLoop& loop) : loop_(loop) {}

  /// For connections that come from now on.
  void setContext(proxy::TlsContext context) { context_ = std::move(context); }
  bool isOn() const { return !context_.isNull(); }

  /// \param most  a thread is made for the connection only if there are fewer
  /// \param client  for the log
  /// \return the plain side, or an empty socket where there is no room
  Socket add(Socket accepted, std::size_t most, const std::string& client);

  std::size_t size() const { return pumps_.size(); }

 private:
  struct Entry {
    std::unique_ptr<proxy::TlsPump> pump;
    std::string client;
  };
  void onEnd(std::uint64_t number);

  EventLoop& loop_;
  proxy::TlsContext context_;
  std::map<std::uint64_t, Entry> pumps_;
  std::uint64_t next_number_ = 0;
  RareWarning no_room_;
  RareWarning failed_;
  std::shared_ptr<TlsPumps*> self_ = std::make_shared<TlsPumps*>(this);  ///< for ends told late
};

}  // namespace holdfast
