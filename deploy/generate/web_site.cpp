#include "deploy/generate/web_site.h"

#include <algorithm>
#include <string_view>

#include "config/addresses.h"
#include "config/printable.h"
#include "config/text_parts.h"

namespace holdfast::deploy {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLettersAndDigits =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// These mean something within quotation marks, or in a path, to one of the web servers.
constexpr std::string_view kSpecialInPaths = "\"\\$`{}|%?#*[]<>";

bool consistsOf(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return kLettersAndDigits.find(c) != std::string_view::npos ||
           others.find(c) != std::string_view::npos;
  });
}

const std::string& checkedPath(const std::string& path, const std::string& what) {
  const bool special = path.find_first_of(kSpecialInPaths) != std::string::npos ||
                       std::any_of(path.begin(), path.end(), isControl);
  if (special) {
    throw WrongSite(what + ": " + inQuotes(path) + " has a character that web servers give a " +
                    "meaning of its own (one of " + std::string(kSpecialInPaths) +
                    " or a control character); use another path, such as a symbolic link");
  }
  return path;
}

std::string absolutePath(const std::string& text, const fs::path& directory,
                         const std::string& what) {
  fs::path path = (directory / text).lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  return checkedPath(path.string(), what);
}

std::vector<std::string> names(const std::vector<std::string>& given) {
  if (given.empty()) return {"localhost"};
  for (const std::string& name : given) {
    if (!consistsOf(name, ".-")) {
      throw WrongSite("--server-name: " + inQuotes(name) +
                      " is no host name, such as www.example.org; it has neither scheme nor port");
    }
  }
  return given;
}

void takeListener(const std::string& text, WebSite& site) {
  const std::size_t colon = text.rfind(':');
  const std::string port = text.substr(colon == std::string::npos ? 0 : colon + 1);
  if (colon != std::string::npos) site.address = text.substr(0, colon);
  const bool is_ipv6 =
      site.address.size() > 2 && site.address.front() == '[' && site.address.back() == ']' &&
      site.address.find_first_not_of("[]0123456789abcdefABCDEF:.") == std::string::npos;
  const bool good_address = colon == std::string::npos || is_ipv6 || isIpv4Address(site.address);
  const std::optional<unsigned> number = parseUnsigned(port, 10);
  if (!good_address || !number || *number == 0 || *number > 65535) {
    throw WrongSite("--listen: " + inQuotes(text) +
                    " must be PORT or ADDRESS:PORT, such as 8080, 192.0.2.1:80 or [::1]:80");
  }
  site.port = *number;
}

std::optional<TlsFiles> tlsFiles(const GenerateOptions& options, const fs::path& directory) {
  if (options.certificate.empty() && options.key.empty()) return std::nullopt;
  if (options.certificate.empty() || options.key.empty()) {
    throw WrongSite("TLS needs both --certificate and --key");
  }
  return TlsFiles{absolutePath(options.certificate, directory, "--certificate"),
                  absolutePath(options.key, directory, "--key")};
}

Backend backend(const std::string& listener, const std::string& what) {
  Backend backend;
  backend.is_unix = listener.starts_with("unix:");
  backend.address = listener.substr(listener.find(':') + 1);
  if (backend.is_unix) {
    checkedPath(backend.address, what);
    if (!backend.address.starts_with('/')) {
      throw WrongSite(what + ": " + inQuotes(listener) +
                      " must have an absolute path, as the web server runs elsewhere");
    }
  } else if (backend.address.ends_with(":0")) {
    throw WrongSite(what + ": a web server must know the port; 0 is any free one");
  }
  return backend;
}

Backend fastCgiBackend(const Settings::Server& server) {
  if (server.listen.empty()) {
    throw WrongSite(
        "where the host listens for FastCGI is not set; add --fastcgi unix:/srv/site/site.sock, "
        "or server.listen to the site's holdfast.yaml");
  }
  return backend(server.listen, "server.listen");
}

std::optional<Backend> channelBackend(const Settings& settings) {
  if (settings.server.channel.empty()) {
    if (settings.debug.secret.empty()) return std::nullopt;
    throw WrongSite(
        "debugging is on (debug.secret is set), but no web server can reach it: FastCGI carries "
        "no WebSocket; add --channel unix:/srv/site/channel.sock, or server.channel to the site's "
        "holdfast.yaml, so that the host listens there too");
  }
  if (!settings.server.channel_certificate.empty()) {
    throw WrongSite(
        "server.channel_certificate is for debuggers that reach the channel without a web server; "
        "behind one the channel is a UNIX socket: server.channel: unix:/srv/site/channel.sock");
  }
  return backend(settings.server.channel, "server.channel");
}

StaticFolder staticFolder(const std::string& text, const std::string& debug_path,
                          const fs::path& directory) {
  const std::size_t equals = text.find('=');
  std::string url = text.substr(0, equals);
  if (!url.ends_with('/')) url += '/';
  if (equals == std::string::npos || equals + 1 == text.size() || !url.starts_with('/') ||
      url.find("//") != std::string::npos || url == "/" || !consistsOf(url, "/._~-")) {
    throw WrongSite("--static: " + inQuotes(text) +
                    " must be URL=DIR, such as /static=/srv/site/static");
  }
  if (url.starts_with(debug_path + '/') || (debug_path + '/').starts_with(url)) {
    throw WrongSite("--static: " + url + " and the debug path " + debug_path + " overlap");
  }
  return {url, absolutePath(text.substr(equals + 1), directory, "--static")};
}

bool isLoopback(std::string_view hop) { return hop.starts_with("127.") || hop.starts_with("::1"); }

}  // namespace

std::chrono::seconds patienceFor(const Settings& settings) {
  using std::chrono::hours;
  const auto longest = settings.debug.max_hold + settings.server.request_timeout;
  return std::chrono::ceil<hours>(longest);
}

WebSite webSite(const GenerateOptions& options, const Settings& settings,
                const fs::path& directory) {
  WebSite site;
  site.names = names(options.names);
  site.tls = tlsFiles(options, directory);
  site.port = site.tls ? 443 : 80;
  if (!options.listen.empty()) takeListener(options.listen, site);
  site.fastcgi = fastCgiBackend(settings.server);
  site.channel = channelBackend(settings);
  site.debug_path = settings.debug.path;
  if (!consistsOf(site.debug_path, "/._~-")) {
    throw WrongSite(
        "debug.path: " + inQuotes(site.debug_path) +
        " must consist of letters, digits and . _ ~ - / to be written for a web server");
  }
  for (const std::string& text : options.statics) {
    site.statics.push_back(staticFolder(text, site.debug_path, directory));
  }
  if (!options.access_log.empty()) {
    site.access_log = absolutePath(options.access_log, directory, "--access-log");
  }
  site.patience = patienceFor(settings);
  site.max_body = settings.server.max_body;
  for (const std::string& hop : settings.server.trusted_hops) {
    if (hop != "unix" && !isLoopback(hop)) site.balancers.push_back(hop);
  }
  return site;
}

}  // namespace holdfast::deploy
