#include "proxy/gate/web_server_remedies.h"

#include <string_view>

#include "proxy/page/html_text.h"

namespace holdfast::proxy {

namespace {

constexpr std::string_view kExampleListener = "unix:/run/holdfast/channel.sock";

/// Where the channel listens, as each web server writes it.
struct Target {
  bool is_unix;
  std::string address;  ///< path, or HOST:PORT

  std::string nginx() const {
    return is_unix ? "http://unix:" + address + ":" : "http://" + address;
  }
  std::string apache(const std::string& path) const {
    return is_unix ? "unix:" + address + "|http://localhost" + path : "http://" + address + path;
  }
  std::string caddy() const { return is_unix ? "unix/" + address : address; }
  std::string lighttpd() const {
    if (is_unix) return "\"host\" => \"" + address + '"';
    const std::size_t colon = address.rfind(':');
    return "\"host\" => \"" + address.substr(0, colon) + "\", \"port\" => " +
           address.substr(colon + 1);
  }
};

Target targetOf(std::string_view listener) {
  const std::size_t colon = listener.find(':');
  return {listener.starts_with("unix:"), std::string(listener.substr(colon + 1))};
}

std::string details(const char* server, const char* where, const std::string& configuration) {
  return std::string("<details><summary>") + server + "</summary>\n<p>" + where +
         "</p>\n<pre class=\"copy long\">" + htmlText(configuration) + "</pre>\n</details>\n";
}

/// With what stands for itself in a regular expression.
std::string pattern(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (std::string_view(".+*?()[]{}|^$").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

std::string nginx(const std::string& path, const Target& target) {
  return "location ~ ^" + pattern(path) + R"((/|$) {
    proxy_pass )" +
         target.nginx() + R"(;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
})";
}

std::string apache(const std::string& path, const Target& target) {
  return "<Location \"" + path + R"(">
    ProxyPass ")" +
         target.apache(path) + R"(" upgrade=websocket
    ProxyPreserveHost On
    RequestHeader unset X-Forwarded-For
    RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}
</Location>)";
}

std::string lighttpd(const std::string& path, const Target& target) {
  return "$HTTP[\"url\"] =~ \"^" + pattern(path) + R"~((/|\?|$)" {
    proxy.server = ("" => (()~" +
         target.lighttpd() + R"~()))
    proxy.header = ("upgrade" => "enable")
})~";
}

std::string caddy(const std::string& path, const Target& target) {
  return "@holdfast path " + path + ' ' + path + "/*\nreverse_proxy @holdfast " + target.caddy();
}

}  // namespace

std::string webServerRemedies(const std::string& path, const std::string& listener) {
  const Target target = targetOf(listener.empty() ? kExampleListener : listener);
  return details("nginx", "In the site's <code>server</code> block:", nginx(path, target)) +
         details("Apache",
                 "From 2.4.47, with mod_proxy, mod_proxy_http and mod_headers, before the site's "
                 "own <code>ProxyPass</code> or handler:",
                 apache(path, target)) +
         details("lighttpd", "With mod_proxy; the app's FastCGI goes into the <code>else</code>:",
                 lighttpd(path, target)) +
         details("Caddy", "In the site's block:", caddy(path, target));
}

}  // namespace holdfast::proxy
