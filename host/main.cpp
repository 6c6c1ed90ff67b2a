/// \file main.cpp
/// The command line of holdfast: subcommands, and what they wire together.

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <list>
#include <stdexcept>

#include "config/setting_table.h"
#include "config/settings.h"
#include "deploy/generate/generate_command.h"
#include "host/log.h"
#include "host/platform/environment.h"
#include "host/platform/signals.h"
#include "host/site/site_host.h"
#include "host/site/status_client.h"
#include "host/trace.h"
#include "proxy/bridge/argument_memory.h"
#include "proxy/bridge/attach_command.h"
#include "proxy/gate/fresh_secret.h"

namespace holdfast {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

constexpr char kServeNotes[] =
    "Example, behind nginx with `fastcgi_pass unix:/run/site.sock;`:\n"
    "  holdfast serve --listen unix:/run/site.sock --socket-owner www-data \\\n"
    "                 --app-root /srv/site --handler site.wsgi.application\n\n"
    "Without --listen and --http it serves the listening socket that it finds on standard\n"
    "input (spawn-fcgi) or by LISTEN_FDS (systemd). Settings may also stand in the environment\n"
    "(names in brackets) or in holdfast.yaml in the app root; options are stronger.\n\n"
    "HOLDFAST_TRACE=fcgi,http,link,worker,hold in the environment logs each message of these\n"
    "topics: records of the web server, requests of the HTTP front end, frames to and from the\n"
    "workers, the workers' processes, and whether the debugged app is held. Names and lengths\n"
    "only, no contents.";

constexpr char kDevNotes[] =
    "Errors are shown on the page with their tracebacks, the app's output appears here.\n\n"
    "Example, in the folder of app.py:  holdfast dev app:app";

constexpr char kStatusNotes[] =
    "Shows what is wrong first, then the workers and what each of them is doing, the queue, rates\n"
    "and times of requests, the last errors, and where each setting came from. Secrets, query\n"
    "strings and the values of the app's variables are never shown. GEN is the generation of a\n"
    "worker's code: it grows with each reload.\n\n"
    "A host answers only to its own user and to root, who sees the hosts of all users.\n"
    "The exit code is 0 if all that were asked answered, 1 if none runs or one is silent.\n\n"
    "Examples:\n"
    "  sudo -u site holdfast status                     as the user of the host\n"
    "  holdfast status --app-root /srv/site             only the host of that site\n"
    "  holdfast status --json | jq '.hosts[0].workers'  for programs";

constexpr char kAttachNotes[] =
    "Lets VS Code, Visual Studio (qualifier localhost:5678), PyCharm, nvim and other clients of "
    "the\n"
    "Debug Adapter Protocol attach to 127.0.0.1:5678 as if the site ran here. Runs until "
    "Ctrl-C.\n\n"
    "The secret is the site's debug.secret (WSGI_PTVSD_SECRET). Without one in the address it is\n"
    "taken from HOLDFAST_SECRET, or asked for; so it stays out of the shell's history.\n"
    "HTTPS_PROXY and NO_PROXY are respected. ?takeover=1 at the end of the address sends away the\n"
    "debugger that is attached.\n\n"
    "Example, in the folder of the site's sources:\n"
    "  holdfast attach wss://site.example/ptvsd --launch-json";

constexpr char kGenerateNotes[] =
    "The file passes everything to the host by FastCGI and the debug path to its channel, and has\n"
    "the web server wait as long as a breakpoint may be held (debug.max_hold). Where to put it "
    "and\n"
    "how to check it is said in its first lines. Settings are read as `holdfast serve` reads "
    "them.\n\n"
    "Example:\n"
    "  holdfast generate nginx --server-name site.example --app-root /srv/site \\\n"
    "      --fastcgi unix:/srv/site/site.sock --channel unix:/srv/site/channel.sock \\\n"
    "      --certificate /etc/ssl/site.pem --key /etc/ssl/private/site.key \\\n"
    "      --static /static=/srv/site/static --write /etc/nginx/conf.d/site.example.conf";

/// The options that stand for settings, filled in by CLI11.
class SettingOptions {
 public:
  void addTo(CLI::App& command, std::initializer_list<std::string_view> left_out) {
    for (const Setting& setting : settingTable()) {
      if (setting.option == nullptr) continue;
      if (std::find(left_out.begin(), left_out.end(), setting.option) != left_out.end()) continue;
      std::string help = setting.meaning;
      if (setting.environment != nullptr) help += std::string(" [") + setting.environment + "]";
      slots_.push_back({setting.key, {}, nullptr});
      Slot& slot = slots_.back();
      slot.option = command.add_option(setting.option, slot.value, help)->type_name("VALUE");
    }
  }

  std::vector<CommandLineValue> given() const {
    std::vector<CommandLineValue> values;
    for (const Slot& slot : slots_) {
      if (slot.option->count() > 0) values.push_back({slot.key, slot.value});
    }
    return values;
  }

 private:
  struct Slot {
    std::string key;
    std::string value;
    CLI::Option* option;
  };
  std::list<Slot> slots_;  // CLI11 keeps references to the values
};

int fail(const Settings& settings, const std::string& what, ExitCode code) {
  log::error(what);
  // Whoever started it looks at the terminal first.
  if (!settings.log.file.empty()) std::cerr << "holdfast: " << what << '\n';
  return code;
}

int runSite(LoadedSettings loaded, SiteHost::Hooks hooks) {
  const Settings settings = loaded.settings;
  try {
    SiteHost host(std::move(loaded), std::move(hooks));
    host.run();
  } catch (const std::invalid_argument& error) {
    return fail(settings, error.what(), kWrongUsage);
  } catch (const std::exception& error) {
    return fail(settings, error.what(), kFailed);
  }
  return kDone;
}

std::vector<std::string> variableNames() {
  std::vector<std::string> names = currentEnvironment();
  for (std::string& name : names) name.resize(std::min(name.find('='), name.size()));
  return names;
}

int refuse(const LoadedSettings& loaded) {
  for (const SettingProblem& problem : loaded.problems) {
    std::cerr << "holdfast: " << problem.source << ": " << problem.text << '\n';
  }
  for (const std::string& notice : loaded.notices) {
    std::cerr << "holdfast: warning: " << notice << '\n';
  }
  return kWrongUsage;
}

/// Under `holdfast dev` debugging is on, with a secret of its own where none is set.
void addSecret(LoadedSettings& loaded, const Secret& secret) {
  if (!loaded.settings.debug.secret.empty()) return;
  loaded.settings.debug.secret = secret;
  for (SettingOrigin& origin : loaded.origins) {
    if (origin.key == "debug.secret") origin = {origin.key, "(a fresh one)", "holdfast dev"};
  }
}

/// On the terminal alone, as it has the secret where that is for this run only.
/// \param url  of the site
/// \param problem  why nobody can attach, in words; empty: one can
void sayHowToAttach(const std::string& program, const std::string& url, const Settings& settings,
                    const Secret& fresh, const std::string& problem) {
  if (!problem.empty()) {
    std::cout << "\n  no debugger: " << problem << '\n' << std::endl;
    return;
  }
  const bool own = settings.debug.secret.reveal() != fresh.reveal();
  const std::string address = url.substr(url.find("//") + 2, url.size() - url.find("//") - 3);
  std::cout << "\n  to debug " << url << ":\n    " << program << " attach ws://"
            << (own ? "" : fresh.reveal() + '@') << address << settings.debug.path
            << "\n    then attach VS Code, Visual Studio, PyCharm ... to 127.0.0.1:5678\n"
            << std::endl;
}

int serve(SiteKind kind, const std::vector<CommandLineValue>& options, const std::string& file,
          const std::string& program) {
  const std::optional<std::filesystem::path> config_file =
      file.empty() ? std::nullopt : std::optional<std::filesystem::path>(file);
  // Once: by its name another folder may be found later, in which the site is then.
  const std::filesystem::path directory = startDirectory();
  const Secret fresh(kind == SiteKind::kDev ? proxy::freshSecret() : "");
  const auto load = [=] {
    LoadedSettings loaded =
        loadSettings(kind, options, environmentVariable, directory, config_file, variableNames());
    if (!fresh.empty()) addSecret(loaded, fresh);
    return loaded;
  };
  LoadedSettings loaded = load();
  if (!loaded.problems.empty()) return refuse(loaded);

  log::open(loaded.settings.log);
  log::info("holdfast " HOLDFAST_VERSION);
  for (const SettingOrigin& origin : loaded.origins) {
    if (origin.source == "default") continue;
    log::info("setting " + origin.key + " = " + origin.value + " (" + origin.source + ")");
  }
  for (const VariableOrigin& variable : loaded.variables) {
    log::info("environment " + variable.name + " (" + variable.source + ")");
  }
  for (const std::string& notice : loaded.notices) log::warning(notice);
  const std::string notice = trace::turnOn(environmentVariable("HOLDFAST_TRACE").value_or(""));
  if (!notice.empty()) log::warning(notice);
  SiteHost::Hooks hooks{load, {}};
  if (kind == SiteKind::kDev) {
    hooks.on_debugger = [=](const std::string& url, const Settings& settings,
                            const std::string& problem) {
      sayHowToAttach(program, url, settings, fresh, problem);
    };
  }
  const int code = runSite(std::move(loaded), std::move(hooks));
  log::close();
  return code;
}

/// What `holdfast generate` can be asked on the command line.
struct GenerateQuestion {
  deploy::GenerateOptions options;
  std::string config_file;
  std::string app_root;
  std::string fastcgi;
  std::string channel;
  std::string write;

  void addTo(CLI::App& command) {
    command.add_option("server", options.server, "nginx, lighttpd, apache or caddy")
        ->required()
        ->check(CLI::IsMember({"nginx", "lighttpd", "apache", "caddy"}))
        ->type_name("SERVER");
    add(command, "--server-name", options.names, "a name of the site (localhost); may be repeated",
        "NAME");
    add(command, "--listen", options.listen, "of the web server; default: port 80, with TLS 443",
        "[ADDRESS:]PORT");
    add(command, "--certificate", options.certificate, "PEM file for TLS", "FILE");
    add(command, "--key", options.key, "PEM file of its key", "FILE");
    add(command, "--static", options.statics,
        "a folder that the web server serves itself, such as /static=/srv/site/static; may be "
        "repeated",
        "URL=DIR");
    add(command, "--access-log", options.access_log, "default: where the web server has it",
        "FILE");
    add(command, "--fastcgi", fastcgi, "where the host listens; default: server.listen", "ADDRESS");
    add(command, "--channel", channel, "and for debuggers; default: server.channel", "ADDRESS");
    add(command, "--app-root", app_root, "of the site, for its settings", "DIR");
    add(command, "--config", config_file, "settings file instead of holdfast.yaml", "FILE");
    add(command, "--write", write, "file to write, instead of printing", "FILE");
  }

  std::vector<CommandLineValue> settings() const {
    std::vector<CommandLineValue> values;
    if (!app_root.empty()) values.push_back({"app.root", app_root});
    if (!fastcgi.empty()) values.push_back({"server.listen", fastcgi});
    if (!channel.empty()) values.push_back({"server.channel", channel});
    return values;
  }

 private:
  template <typename Value>
  static void add(CLI::App& command, const char* name, Value& value, const char* help,
                  const char* type) {
    command.add_option(name, value, help)->type_name(type)->allow_extra_args(false);
  }
};

int generate(const GenerateQuestion& question) {
  const std::filesystem::path directory = startDirectory();
  const std::optional<std::filesystem::path> config_file =
      question.config_file.empty() ? std::nullopt
                                   : std::optional<std::filesystem::path>(question.config_file);
  LoadedSettings loaded = loadSettings(SiteKind::kServe, question.settings(), environmentVariable,
                                       directory, config_file, variableNames());
  // The app itself is not the web server's: it may be named when the host is started.
  std::erase_if(loaded.problems, [](const SettingProblem& problem) {
    return problem.key == "app.handler" && problem.source == "default";
  });
  for (SettingProblem& problem : loaded.problems) {
    // What is --listen there is the web server's listener here.
    const std::string_view option = "--listen";
    for (std::size_t at = 0; (at = problem.text.find(option, at)) != std::string::npos; ++at) {
      problem.text.replace(at, option.size(), "--fastcgi");
    }
  }
  if (!loaded.problems.empty()) return refuse(loaded);
  return deploy::generate(question.options, loaded.settings, directory, question.write, std::cout,
                          std::cerr);
}

int run(int argc, char** argv) {
  CLI::App app{"Holdfast runs a Python WSGI site behind a FastCGI web server."};
  app.require_subcommand(1);
  std::string config_file;

  CLI::App* serve_command =
      app.add_subcommand("serve", "Serves a WSGI site to a FastCGI web server.");
  serve_command->footer(kServeNotes);
  SettingOptions serve_options;
  serve_options.addTo(*serve_command, {});
  serve_command->add_option("--config", config_file, "settings file instead of holdfast.yaml")
      ->type_name("FILE");

  CLI::App* dev_command = app.add_subcommand(
      "dev", "Serves a WSGI app at http://127.0.0.1:PORT/ while you work on it.");
  dev_command->footer(kDevNotes);
  SettingOptions dev_options;
  std::string handler;
  std::string port = "8000";
  dev_command->add_option("handler", handler, "the app, such as app:app [WSGI_HANDLER]")
      ->type_name("MODULE:CALLABLE");
  dev_command->add_option("--port", port, "TCP port on 127.0.0.1 (8000); 0 takes any free one")
      ->check(CLI::Range(0, 65535))
      ->type_name("PORT");
  dev_options.addTo(*dev_command,
                    {"--handler", "--listen", "--http", "--channel", "--channel-certificate",
                     "--channel-key", "--socket-mode", "--socket-owner"});

  CLI::App* status_command =
      app.add_subcommand("status", "Shows what the running hosts of this machine are doing.");
  status_command->footer(kStatusNotes);
  StatusQuestion question;
  std::string asked_root;
  status_command->add_flag("--json", question.json, "one JSON document with all that is known");
  status_command
      ->add_option("--app-root", asked_root, "only the host of that app root; default: all hosts")
      ->type_name("DIR");

  CLI::App* attach_command =
      app.add_subcommand("attach", "Makes a live site's debugger a port of this machine.");
  attach_command->footer(kAttachNotes);
  proxy::AttachOptions attach;
  attach.user_part = proxy::hideUserPart(argc, argv);
  attach_command->add_option("url", attach.url, "wss://SECRET@site.example/ptvsd, or https://")
      ->required()
      ->type_name("URL");
  attach_command->add_option("--listen", attach.listen, "where debuggers attach (127.0.0.1:5678)")
      ->type_name("HOST:PORT");
  attach_command->add_flag("--launch-json", attach.launch_json,
                           "write or update .vscode/launch.json in the local root");
  attach_command
      ->add_option("--local-root", attach.local_root,
                   "the folder here that is the site's app root there; default: the current one")
      ->type_name("DIR");
  attach_command
      ->add_option("--ca", attach.ca_file,
                   "PEM file of a CA that is trusted beside those of the system")
      ->type_name("FILE");
  attach_command->add_flag(
      "--raw", attach.raw,
      "relay all bytes as they are, for engines that speak no DAP: no paths mapped, "
      "no files compared, and a site that is not to be trusted can make "
      "some editors run programs on this machine");

  CLI::App* generate_command =
      app.add_subcommand("generate", "Prints a web server's configuration of the site.");
  generate_command->footer(kGenerateNotes);
  GenerateQuestion to_generate;
  to_generate.addTo(*generate_command);

  CLI::App* secret_command =
      app.add_subcommand("secret", "Prints a fresh secret for debug.secret.");

  CLI::App* version_command = app.add_subcommand("version", "Prints the version.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (!app.get_subcommands().empty()) {
      std::cerr << "holdfast " << argv[1] << ": " << error.what() << "; holdfast " << argv[1]
                << " --help has an example\n";
    } else if (argc > 1) {
      std::cerr << "holdfast: there is no command '" << argv[1]
                << "'; holdfast --help lists them\n";
    } else {
      std::cerr << app.help();
    }
    return kWrongUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kWrongUsage;
  }
  if (version_command->parsed()) {
    std::cout << "holdfast " HOLDFAST_VERSION "\n";
    return kDone;
  }
  if (secret_command->parsed()) {
    std::cout << proxy::freshSecret() << '\n';
    return kDone;
  }
  if (attach_command->parsed()) {
    return proxy::attach(attach, environmentVariable, std::cout, std::cerr);
  }
  if (generate_command->parsed()) return generate(to_generate);
  if (status_command->parsed()) {
    question.app_root = asked_root;
    return printStatus(question, std::cout, std::cerr) ? kDone : kFailed;
  }
  if (serve_command->parsed()) {
    return serve(SiteKind::kServe, serve_options.given(), config_file, argv[0]);
  }
  std::vector<CommandLineValue> options = dev_options.given();
  if (!handler.empty()) options.push_back({"app.handler", handler});
  options.push_back({"server.http", "tcp:127.0.0.1:" + port});
  return serve(SiteKind::kDev, options, config_file, argv[0]);
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  holdfast::ignoreBrokenPipes();
  try {
    return holdfast::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "holdfast: " << error.what() << '\n';
    return holdfast::kFailed;
  }
}
