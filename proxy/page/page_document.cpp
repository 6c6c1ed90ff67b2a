#include "proxy/page/page_document.h"

#include <openssl/evp.h>

#include <stdexcept>

#include "proxy/page/html_text.h"
#include "proxy/page/page_style.h"

namespace holdfast::proxy {

namespace {

/// As a Content-Security-Policy names what is in the document itself (CSP level 3, section 2.3.1).
std::string sourceOf(std::string_view text) {
  unsigned char digest[32];
  if (EVP_Digest(text.data(), text.size(), digest, nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL makes no SHA-256, which the debug channel's pages need");
  }
  unsigned char base64[45];
  EVP_EncodeBlock(base64, digest, sizeof digest);
  return std::string("'sha256-") + reinterpret_cast<const char*>(base64) + '\'';
}

std::string policy(std::string_view script) {
  std::string text = "default-src 'none'; style-src " + sourceOf(kPageStyle);
  if (!script.empty()) text += "; script-src " + sourceOf(script) + "; connect-src 'self'";
  return text + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

}  // namespace

std::string renderDocument(const PageDocument& document) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n<title>";
  page += htmlText(document.title);
  page += "</title>\n<style>";
  page += kPageStyle;
  page += "</style>\n</head>\n<body>\n<main>\n";
  page += document.body;
  page += "</main>\n<footer>Sent by Holdfast, which runs this site's app.</footer>\n";
  if (!document.script.empty()) {
    page += "<script>";
    page += document.script;
    page += "</script>\n";
  }
  return page + "</body>\n</html>\n";
}

HeaderFields documentHeaders(std::string_view script) {
  HeaderFields headers;
  headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  headers.emplace_back("Cache-Control", "no-store");
  headers.emplace_back("Content-Security-Policy", policy(script));
  // With no-referrer the form would be sent with "Origin: null" (Fetch, section 3.2).
  headers.emplace_back("Referrer-Policy", "same-origin");
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("X-Frame-Options", "DENY");
  return headers;
}

}  // namespace holdfast::proxy
