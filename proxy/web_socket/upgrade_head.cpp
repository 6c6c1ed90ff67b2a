#include "proxy/web_socket/upgrade_head.h"

namespace holdfast::proxy {

std::string upgradeHead(const HeaderFields& headers) {
  std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (const auto& [name, value] : headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head.append("\r\n");
}

}  // namespace holdfast::proxy
