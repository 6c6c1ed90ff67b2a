#include "proxy/web_socket/web_socket_handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "config/letter_case.h"
#include "config/text_parts.h"

namespace holdfast::proxy {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kKeyLength = 24;  ///< of those bytes in base64
constexpr std::string_view kVersion = "13";

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

/// 16 bytes in base64 with its padding, and nothing else.
bool isKey(std::string_view key) {
  if (key.size() != kKeyLength || !key.ends_with("==")) return false;
  return std::ranges::all_of(key.substr(0, kKeyLength - 2), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

UpgradeCheck refuse(int status, std::string why, HeaderFields headers = {}) {
  return {status, std::move(headers), std::move(why)};
}

}  // namespace

std::string headerValue(const HeaderFields& headers, std::string_view name) {
  std::string value;
  bool found = false;
  for (const auto& [field, text] : headers) {
    if (!equalsIgnoringCase(field, name)) continue;
    if (found) value += ", ";
    value += trimmed(text);
    found = true;
  }
  return value;
}

bool hasToken(std::string_view list, std::string_view token) {
  return std::ranges::any_of(split(list, ','), [token](std::string_view part) {
    return equalsIgnoringCase(trimmed(part), token);
  });
}

bool wantsWebSocket(const HeaderFields& headers) {
  return hasToken(headerValue(headers, "Upgrade"), "websocket");
}

std::string acceptKey(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL makes no SHA-1, which a WebSocket's handshake needs");
  }
  return base64({digest, size});
}

UpgradeCheck checkUpgrade(std::string_view method, bool http11, const HeaderFields& headers) {
  if (method != "GET") return refuse(405, "A WebSocket is asked for by GET.", {{"Allow", "GET"}});
  if (!http11) return refuse(400, "A WebSocket needs HTTP/1.1.");
  if (!wantsWebSocket(headers)) {
    return refuse(426, "Only a WebSocket is to be had here: the request has no Upgrade: websocket.",
                  {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}});
  }
  if (!hasToken(headerValue(headers, "Connection"), "upgrade")) {
    return refuse(400, "The request has Upgrade, but no Connection: Upgrade.");
  }
  if (headerValue(headers, "Sec-WebSocket-Version") != kVersion) {
    return refuse(426, "Version 13 of the WebSocket protocol is spoken here.",
                  {{"Sec-WebSocket-Version", std::string(kVersion)}});
  }
  const std::string key = headerValue(headers, "Sec-WebSocket-Key");
  if (!isKey(key)) return refuse(400, "The request's Sec-WebSocket-Key is not 16 bytes in base64.");
  return {101,
          {{"Upgrade", "websocket"},
           {"Connection", "Upgrade"},
           {"Sec-WebSocket-Accept", acceptKey(key)}},
          {}};
}

std::string makeRequestKey() {
  unsigned char bytes[kKeyBytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    throw std::runtime_error("no random bytes for the key of a WebSocket (OpenSSL)");
  }
  return base64(bytes);
}

HeaderFields upgradeRequestHeaders(std::string_view key) {
  return {{"Upgrade", "websocket"},
          {"Connection", "Upgrade"},
          {"Sec-WebSocket-Version", std::string(kVersion)},
          {"Sec-WebSocket-Key", std::string(key)}};
}

std::string checkAnswer(int status, const HeaderFields& headers, std::string_view key) {
  if (status != 101) return "the answer is " + std::to_string(status) + ", not 101";
  if (!equalsIgnoringCase(headerValue(headers, "Upgrade"), "websocket")) {
    return "the answer 101 has no Upgrade: websocket";
  }
  if (!hasToken(headerValue(headers, "Connection"), "upgrade")) {
    return "the answer 101 has no Connection: Upgrade";
  }
  if (headerValue(headers, "Sec-WebSocket-Accept") != acceptKey(key)) {
    return "the answer's Sec-WebSocket-Accept does not belong to this request";
  }
  for (const char* name : {"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"}) {
    if (!headerValue(headers, name).empty()) {
      return "the answer has a " + std::string(name) + " that was not asked for";
    }
  }
  return {};
}

}  // namespace holdfast::proxy
