/// \file web_site.h
/// One site as a web server has to know it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "config/settings.h"

namespace holdfast::deploy {

/// What `holdfast generate` was asked for; empty: not given.
struct GenerateOptions {
  std::string server;              ///< nginx, lighttpd, apache or caddy
  std::vector<std::string> names;  ///< of the site
  std::string listen;              ///< PORT, ADDRESS:PORT or [ADDRESS]:PORT
  std::string certificate;         ///< PEM files; both or none
  std::string key;
  std::vector<std::string> statics;  ///< URL=DIR
  std::string access_log;
};

/// Where the host listens.
struct Backend {
  bool is_unix = false;
  std::string address;  ///< path, or HOST:PORT
};

struct TlsFiles {
  std::string certificate;
  std::string key;
};

/// Files below `folder` that the web server serves by itself at `url`.
struct StaticFolder {
  std::string url;     ///< begins and ends with a slash
  std::string folder;  ///< absolute, ends without a slash
};

/// All texts are checked: none has a character that is special within quotation marks in any web
/// server's configuration, and names, addresses and URLs need no quotation marks.
struct WebSite {
  std::vector<std::string> names;  ///< at least one
  std::string address;             ///< of its listener, IPv6 in brackets; empty: all
  unsigned port = 80;
  std::optional<TlsFiles> tls;
  Backend fastcgi;
  std::optional<Backend> channel;
  std::string debug_path;
  std::vector<StaticFolder> statics;
  std::string access_log;  ///< absolute; empty: where Debian's package of the web server has it
  std::chrono::seconds patience{0};  ///< that the web server must have
  std::uint64_t max_body = 0;        ///< bytes; 0: any
  /// Addresses and networks in front of the web server that say who the client is (load
  /// balancers), loopback left out.
  std::vector<std::string> balancers;
};

/// What keeps a site from being written; whole sentences with the remedy.
class WrongSite : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// \param settings  those that `holdfast serve` will have
/// \param directory  what relative paths in `options` are meant from
/// \throw WrongSite
WebSite webSite(const GenerateOptions& options, const Settings& settings,
                const std::filesystem::path& directory);

/// How long a web server must wait: the longest hold and then the host's own limit, rounded up to
/// whole hours, so that it is never the web server who gives up.
std::chrono::seconds patienceFor(const Settings& settings);

}  // namespace holdfast::deploy
