#include "host/site/channel_listener.h"

#include <stdexcept>

#include "host/front/http_listener.h"
#include "host/log.h"

namespace holdfast {

namespace {

bool isUnix(const std::string& address) { return address.starts_with("unix:"); }

/// Null where there is to be no TLS.
proxy::TlsContext tlsContextFor(const Settings::Server& settings) {
  if (isUnix(settings.channel) || settings.channel_certificate.empty()) return {};
  try {
    return proxy::serverTlsContext(settings.channel_certificate.string(),
                                   settings.channel_key.string());
  } catch (const std::exception& error) {
    throw std::invalid_argument(
        "no TLS on the debug channel (server.channel_certificate, server.channel_key): " +
        std::string(error.what()));
  }
}

}  // namespace

ChannelListener::ChannelListener(EventLoop& loop, const Settings::Server& settings,
                                 const HttpLimits& limits, Listener listener)
    : address_(settings.channel) {
  const proxy::TlsContext context = tlsContextFor(settings);
  const ListenerOptions options{address_, settings.socket_mode, settings.socket_owner};
  OpenedListener opened = openHttpListener(options);
  front_ = std::make_unique<HttpFrontEnd>(loop, std::move(opened.socket), limits,
                                          std::move(listener.sink), std::move(listener.is_uncapped),
                                          std::move(listener.on_finished));
  front_->setTls(context);
  if (!opened.file) return;
  keeper_ = std::make_unique<SocketKeeper>(
      loop, options, std::move(opened.file),
      SocketKeeper::Listener{[this](Socket socket) { front_->moveTo(std::move(socket)); },
                             std::move(listener.on_trouble)});
}

std::string ChannelListener::address() const {
  return isUnix(address_) ? address_ : "tcp:" + front_->address();
}

std::string ChannelListener::name() const {
  return address() + (front_->hasTls() ? " with TLS" : "");
}

void ChannelListener::applySettings(const Settings::Server& settings) try {
  front_->setTls(tlsContextFor(settings));
} catch (const std::invalid_argument& error) {
  log::error("reload: " + log::printable(error.what()) + ": the former certificate stays");
}

void ChannelListener::drain() {
  // While it is certainly ours: another host may take the place over now.
  if (keeper_) keeper_->end();
  front_->drain();
}

}  // namespace holdfast
