#include "host/front/tls_pumps.h"

#include <Poco/Exception.h>

#include <exception>

#include "host/platform/poco_socket.h"

namespace holdfast {

Socket TlsPumps::add(Socket accepted, std::size_t most, const std::string& client) {
  if (pumps_.size() >= most) {
    no_room_.say("a TLS connection from " + client + " is refused: there are too many");
    return {};
  }
  const std::uint64_t number = next_number_++;
  // Destroyed with us, a pump ends as well, and then its end is nobody's concern.
  const auto on_end = [&loop = loop_, weak = std::weak_ptr(self_), number](const std::string&) {
    loop.post([weak, number] {
      if (const auto self = weak.lock()) (*self)->onEnd(number);
    });
  };
  try {
    auto pump = proxy::TlsPump::accept(context_, toPocoSocket(std::move(accepted)), {}, on_end);
    Socket plain = fromPocoSocket(pump->takePlain());
    pumps_.emplace(number, Entry{std::move(pump), client});
    return plain;
  } catch (const std::exception& error) {
    no_room_.say("a TLS connection from " + client + " is refused: " + error.what());
    return {};
  }
}

void TlsPumps::onEnd(std::uint64_t number) {
  const auto entry = pumps_.find(number);
  if (entry == pumps_.end()) return;
  const std::string problem = entry->second.pump->waitForHandshake();
  if (!problem.empty()) {
    failed_.say("no TLS connection with " + entry->second.client + ": " + problem);
  }
  pumps_.erase(entry);
}

}  // namespace holdfast
