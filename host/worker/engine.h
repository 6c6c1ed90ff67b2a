/// \file engine.h
/// The debugger in a worker of the debug lane: debugpy or ptvsd 4, from the site's own environment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

/// What a worker is told of the engine that it shall have.
struct EnginePlan {
  std::string engine = "auto";  ///< or `debugpy`, `ptvsd`; auto: what the site has, debugpy first
  bool wait = false;            ///< the app's import waits until a debugger is attached
  std::string address;          ///< `HOST:PORT` on loopback, or empty: any free port
};

/// One that listens: whoever connects to its port may run code, so the port is for us alone.
struct Engine {
  std::string name;     ///< "debugpy", "ptvsd"
  std::string version;  ///< "1.8.22"
  std::uint16_t port = 0;
  std::string host = "127.0.0.1";  ///< numeric; "::1" where debug.address says so
  int pid = 0;                     ///< of the worker
  std::string python;              ///< its version, "3.11.2"
};

/// Why a worker has no engine.
struct EngineProblem {
  enum class Kind {
    kMissing,   ///< the site does not have it
    kBroken,    ///< its import, or its start, raised
    kUnfit,     ///< a version that Holdfast cannot use
    kNoListen,  ///< it could not listen at debug.address
  };
  Kind kind = Kind::kMissing;
  std::string name;         ///< "debugpy", "ptvsd"; empty with kMissing
  std::string version;      ///< "3.2.1", where it is known
  std::string reason;       ///< in words, such as the text of an exception; may be empty
  std::string environment;  ///< folder of the site's Python environment (sys.prefix)
};

/// The command that gives the site an engine that runs on its Python and speaks DAP: debugpy, or
/// ptvsd 4.
/// \param python  path of the interpreter
/// \param version  of it, "3.11.2"
/// \param engine  `auto`, `debugpy` or `ptvsd`
/// \return nothing where that engine does not exist for that Python
std::string installCommand(const std::string& python, std::string_view version,
                           std::string_view engine);

}  // namespace holdfast
