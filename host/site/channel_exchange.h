/// \file channel_exchange.h
/// One request for the debug path: gathers its body, has it answered, and gives its connection away
/// where it is accepted as a WebSocket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/front/request.h"
#include "proxy/channel.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class ChannelExchange : private Responder {
 public:
  /// \param on_over  called last, when there is nothing more to do: destroys it
  ChannelExchange(std::shared_ptr<Request> request, proxy::Channel& channel,
                  std::function<void(ChannelExchange&)> on_over);
  ~ChannelExchange() override;

  /// To be called once after it has been made, and only then; may call `on_over`.
  void begin() { onBody(); }

 private:
  void onBody() override;
  void onAnswerTaken() override {}
  void onClientGone() override;

  void answer();
  void refuse(int status, const std::string& why);
  void send(const proxy::ChannelAnswer& answer);

  std::shared_ptr<Request> request_;
  proxy::Channel& channel_;
  const std::function<void(ChannelExchange&)> on_over_;
  std::string body_;
};

}  // namespace holdfast
